DATA = (
    "services/*/endpoint.toml",
    "services/*/service.toml",
    "tools/capacity/figures.toml",
)
