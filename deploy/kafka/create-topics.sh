#!/usr/bin/env bash
# Creates Millrace's topics once. Events of one user land on one partition number of every event topic: same count everywhere.
set -euo pipefail
bootstrap=${1:?create-topics.sh HOST:PORT [PARTITIONS]}
partitions=${2:-4}

create() {
  local topic=$1
  shift
  /opt/kafka/bin/kafka-topics.sh --bootstrap-server "$bootstrap" --create --if-not-exists --topic "$topic" \
    --replication-factor 1 "$@"
}

for topic in clicks purchases ratings; do
  create "$topic" --partitions "$partitions" --config retention.ms=604800000
  create "$topic.dlq" --partitions 1 --config retention.ms=2419200000
done
create items --partitions 1 --config cleanup.policy=compact
create items.dlq --partitions 1 --config retention.ms=2419200000
create recommendations --partitions "$partitions" --config cleanup.policy=compact
