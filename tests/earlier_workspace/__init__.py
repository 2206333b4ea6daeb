"""A workspace made by an earlier version of the product, continued by the present version."""
