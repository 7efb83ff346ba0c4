#!/bin/sh
# Prints the Secrets that deploy/kubernetes needs, with new random values:
#   sh deploy/make-secrets.sh | kubectl create -f -
# The administrator's token is told on standard error, this once: only its SHA-256 is kept.
set -eu
umask 077

random() { head -c "$1" /dev/urandom | base64 | tr -d '\n'; }
word() { head -c 24 /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_'; }
sha256() { { sha256sum 2>/dev/null || shasum -a 256; } | cut -d ' ' -f 1; }

token=$(word)
redis_password=$(word)
nats_token=t$(word) # a letter first: NATS would take digits for a number
cat <<END
apiVersion: v1
kind: Secret
metadata:
  name: drydock
  namespace: drydock
type: Opaque
stringData:
  # For logins in waiting scans. Whoever replaces it has those scans fail.
  encryption-key: "$(random 32)"
  # name:scope[,scope]:sha256 of the token, a line each. Read again when it changes.
  tokens: |
    admin:admin:$(printf %s "$token" | sha256)
---
apiVersion: v1
kind: Secret
metadata:
  name: drydock-redis
  namespace: drydock
type: Opaque
stringData:
  password: "$redis_password"
  # The rights that Drydock needs, and no others.
  users.acl: |
    user default on #$(printf %s "$redis_password" | sha256) resetkeys ~drydock:* ~fanal::* resetchannels -@all +getrange +get +set +del +exists +scan +eval +type +time +pexpire +hello +select +info +ping +quit +client|setname
---
apiVersion: v1
kind: Secret
metadata:
  name: drydock-nats
  namespace: drydock
type: Opaque
stringData:
  token: "$nats_token"
END
echo "token of the administrator: $token" >&2
