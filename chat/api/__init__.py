"""The chat API over HTTP: the sample's paths, health, and what surrounds them (envelope, CORS, limits)."""
