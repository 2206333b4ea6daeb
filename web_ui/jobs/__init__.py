"""Jobs as files: store, runner, worker. No Flask in here."""
