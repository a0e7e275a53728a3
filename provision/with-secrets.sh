#!/bin/sh
# Runs a step of an image's build with the secrets the build was given, none of which stays in a
# layer: `ca`, a bundle of CA certificates to trust, and `modelscope_token`, for private models.
set -eu

if [ -s /run/secrets/ca ]; then
  export PIP_CERT=/run/secrets/ca REQUESTS_CA_BUNDLE=/run/secrets/ca SSL_CERT_FILE=/run/secrets/ca
fi
if [ -s /run/secrets/modelscope_token ]; then
  MODELSCOPE_API_TOKEN=$(cat /run/secrets/modelscope_token)
  export MODELSCOPE_API_TOKEN
fi

exec "$@"
