DATA = (
    "models/tiny/iic/*",
    "samples/commands.*",
    "services/*/models.lock",
    "services/*/service.toml",
)
