"""One module a claim, named as the claim; each has a `CLAIM`."""
