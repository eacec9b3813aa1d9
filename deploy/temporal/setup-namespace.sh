#!/bin/sh
# Makes the namespace of the journeys and the search attributes that operators filter by. Runs after every start of the
# server and may be repeated. The temporal command reads TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE itself.
set -eu

: "${TEMPORAL_ADDRESS:?}" "${TEMPORAL_NAMESPACE:?}" "${RETENTION:?}"
# Exactly those of workflows/search-attributes.ts; testing/compose.test.ts compares them.
search_attributes='WorkspaceId CampaignId PartnerId JourneyStage'

# Usage: until_it_works <what is waited for> <command …>
until_it_works() {
	what=$1
	shift
	tries=0
	until "$@" >/tmp/answer 2>&1; do
		tries=$((tries + 1))
		if [ "$tries" -ge 60 ]; then
			echo "Waited two minutes for $what. The last answer was:" >&2
			cat /tmp/answer >&2
			exit 1
		fi
		sleep 2
	done
}

until_it_works 'the server' temporal operator cluster health

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
	temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
else
	temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION" \
		--description 'Journeys of clicks, and what follows them'
fi

# A new namespace is known to every part of the server only after some seconds.
until_it_works 'the namespace' temporal operator search-attribute list
for name in $search_attributes; do
	if ! temporal operator search-attribute list | grep -qw "$name"; then
		temporal operator search-attribute create --name "$name" --type Keyword
	fi
done

# So is a new attribute; a journey that was started with it before would be refused.
for name in $search_attributes; do
	until_it_works "the search attribute $name" temporal workflow count --query "$name = 'none'"
done
echo "The namespace $TEMPORAL_NAMESPACE is ready: $search_attributes, closed journeys kept for $RETENTION."
