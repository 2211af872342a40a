#!/bin/sh
# Renders an overlay, compiles it with cluster-wide policies, and pushes both as one artifact for Flux.
#   ./publish.sh overlays/production oci://registry.example.org/shop
# Adds the pod labels by which the policies select to the rendered workloads. A component in the overlay itself would run
# before the namespace, namePrefix and nameSuffix of the overlay, and find no workload to label.
set -eu
overlay=${1:?the folder of the overlay}
artifact=${2:?where to push it}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compile() { # output, file
  curl --fail-with-body -sS -H "authorization: Bearer $TRACEWRIGHT_TOKEN" -H 'content-type: application/yaml' \
    --data-binary "@$work/app.yaml" -o "$work/answer" "$TRACEWRIGHT_URL/compile?layout=shared&output=$1" ||
    { cat "$work/answer" >&2; exit 1; }
  mv "$work/answer" "$2"
}

labels() { # file: the labels that the policies select by, one on each line, as often as they are there
  grep -E '^ *"?([a-z0-9-]+\.)?lattice\.dev/[a-z0-9.-]+"?: ' "$1" | grep -v 'runtime\.lattice\.dev/allowed-binaries' |
    tr -d ' "' | sort
}

mkdir -p "$work/tracewright" artifact
kubectl kustomize "$overlay" > "$work/app.yaml"
compile kustomize "$work/tracewright/kustomization.yaml"
compile yaml artifact/policies.yaml
printf 'resources: [app.yaml]\ncomponents: [tracewright]\n' > "$work/kustomization.yaml"
kubectl kustomize "$work" > artifact/app.yaml
# Workloads without these labels would run unprotected, and nothing would say so.
labels "$work/tracewright/kustomization.yaml" > "$work/wanted"
labels artifact/app.yaml > "$work/there"
missing=$(comm -23 "$work/wanted" "$work/there")
[ -z "$missing" ] || { printf 'These labels are not on all pods that need them:\n%s\n' "$missing" >&2; exit 1; }
flux push artifact "$artifact:latest" --path=artifact --source="$(git config --get remote.origin.url)" \
  --revision="$(git rev-parse HEAD)"
