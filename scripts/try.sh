#!/bin/sh
# Installs, builds and scans the sample image with the sample database: no network beyond the package registry.
set -eu
cd "$(dirname "$0")/.."

if [ ! -x node_modules/.bin/esbuild ]; then npm ci --no-audit --no-fund; fi
npm run --silent build

echo "Scanning examples/sample-image with examples/sample-db:"
echo
node dist/main.js scan --db-path examples/sample-db "$@" oci:examples/sample-image:latest
cat <<'END'

This was a SAMPLE: 17 packages of Debian 12.0 and a database that knows 27 of their vulnerabilities.
For real scans get the real database and name an image:

  node dist/main.js db update
  node dist/main.js scan debian:12
END
