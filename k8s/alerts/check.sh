#!/bin/sh
# Checks and tests the alert rules with promtool, that prometheus-rules.yaml holds the same rules, and that the README has all.
# With --write, writes prometheus-rules.yaml anew first.
set -eu
cd "$(dirname "$0")"

resource() {
  cat <<'HEAD'
# Written by alerts/check.sh --write from alerts/tempost.rules.yaml; edit that file.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: tempost
  labels:
    app.kubernetes.io/name: tempost
spec:
HEAD
  sed -n '/^groups:/,$ s/^\(.\)/  \1/p; /^groups:/,$ { /^$/p; }' tempost.rules.yaml
}

if [ "${1:-}" = --write ]; then
  resource > ../prometheus-rules.yaml
fi
promtool check rules tempost.rules.yaml
promtool test rules tempost.rules.test.yaml
resource | diff ../prometheus-rules.yaml - || {
  echo "k8s/prometheus-rules.yaml differs from k8s/alerts/tempost.rules.yaml: run k8s/alerts/check.sh --write" >&2
  exit 1
}
sed -n 's/^ *- alert: //p' tempost.rules.yaml | sort -u | while read -r alert; do
  grep -q "^| \`$alert\`" ../README.md || {
    echo "k8s/README.md does not list $alert" >&2
    exit 1
  }
done
