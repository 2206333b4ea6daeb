# Short names for work on the browser code. The product itself needs none of this.
.PHONY: screenshots check-js
SHELL := /bin/bash

screenshots: ## Pictures of every tab at three widths and in both themes, in build/screenshots
	source scripts/setup.sh && ensure_libraries && ensure_packages chromium-headless-shell && ensure_venv train,dev && .venv/bin/python scripts/screenshots.py

check-js: node_modules ## Format, types and tests of the browser modules
	npm run --silent format:check
	npx tsc --project tsconfig.json
	node --test tests/js/*.test.js

node_modules: package-lock.json
	npm ci --no-audit --no-fund
