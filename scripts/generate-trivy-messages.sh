#!/bin/sh
# Makes the TypeScript in src/trivy/messages from the .proto files beside it. The generators are fetched into a scratch
# folder, so that nobody who only builds the project needs them; what they write is committed.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
messages=$here/src/trivy/messages
scratch=${1:-$(mktemp -d)}

cd "$scratch"
[ -f package.json ] || npm init -y >/dev/null
npm install --no-fund --no-audit @bufbuild/buf@1.75.0 @bufbuild/protoc-gen-es@2.13.0 >/dev/null
cat >buf.yaml <<YAML
version: v2
modules: [{ path: proto }]
YAML
cat >buf.gen.yaml <<YAML
version: v2
plugins:
  - local: ["$scratch/node_modules/.bin/protoc-gen-es"]
    out: out
    opt: [target=ts, import_extension=ts]
YAML
rm -rf proto out
mkdir proto
cp "$messages"/*.proto proto/
./node_modules/.bin/buf generate
for file in out/*_pb.ts; do
  # Enumerations are no types that can be erased: they become objects of constants.
  name=$(basename "$file" _pb.ts)
  node -e '
    const text = require("fs").readFileSync(process.argv[1], "utf8");
    process.stdout.write(
      text.replace(/^export enum (\w+) \{\n([\s\S]*?)^\}$/gm, (_, name, body) =>
        `export const ${name} = {\n${body.replace(/^(\s+\w+) = (\d+),$/gm, "$1: $2,")}} as const;\n` +
        `export type ${name} = (typeof ${name})[keyof typeof ${name}];`)
        .replace(/_pb\.ts"/g, ".ts\""));
  ' "$file" >"$messages/$name.ts"
done
