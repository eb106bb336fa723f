#!/usr/bin/env bash
# Two nodes, eight GPUs each, one model over both. Needs 'snellen[ray,openai]' and vLLM on both.
#   on the first node:   two_nodes.sh head
#   on the second node:  two_nodes.sh join FIRST_NODE_ADDRESS
#   on the first node:   two_nodes.sh sweep
set -euo pipefail
case "${1:-}" in
    head) ray start --head --port=6379 ;;
    join) ray start --address="${2:?address of the first node}:6379" ;;
    sweep) snellen sweep "$(dirname "$0")/two_nodes.yaml" --engine ray ;;
    *)
        echo "two_nodes.sh head | join ADDRESS | sweep" >&2
        exit 2
        ;;
esac
