#!/bin/sh
# Fills a snapshot folder for `thingwarden audit` with the AWS CLI. It only reads.
#
#   sh collect.sh [FOLDER]        FOLDER is ./snapshot unless given
#   JOBS=8 sh collect.sh          so many calls at a time (4)
#   DAYS=31 sh collect.sh         so many days of connection history
#
# Account, region and credentials are those of the AWS CLI (AWS_PROFILE, AWS_REGION). Run it again to go on where it was
# interrupted: what is in the folder is not asked for again. Calls that fail are named at the end, and the exit code is 1.
set -u
export AWS_PAGER=""
JOBS=${JOBS:-4}
DAYS=${DAYS:-31}

# One answer, added to $1 when it is complete. The id in $2 is noted as done.
answer() {
    file=$1 id=$2
    shift 2
    part=$STATE/part.$$
    if "$@" > "$part" 2> "$part.err"; then
        cat "$part" >> "$file"
        printf '%s\n' "$id" >> "$STATE/$file"
    else
        printf '%s %s: %s\n' "$file" "$id" "$(tr '\n' ' ' < "$part.err")" >> "$STATE/failed"
    fi
    rm -f "$part" "$part.err"
}

# The call for one name. Names of AWS hold no quotes, so that they can stand in a query.
detail() {
    case $1 in
    certificates.json) answer "$1" "$2" aws iot describe-certificate --certificate-id "$2" --output json ;;
    ca-certificates.json) answer "$1" "$2" aws iot describe-ca-certificate --certificate-id "$2" --output json ;;
    policies.json) answer "$1" "$2" aws iot get-policy --policy-name "$2" --output json ;;
    policy-targets.json)
        answer "$1" "$2" aws iot list-targets-for-policy --policy-name "$2" --output json \
            --query "{policyName: '$2', targets: targets}"
        ;;
    thing-principals.json)
        answer "$1" "$2" aws iot list-thing-principals --thing-name "$2" --output json \
            --query "{thingName: '$2', principals: principals}"
        ;;
    thing-groups.json) answer "$1" "$2" aws iot describe-thing-group --thing-group-name "$2" --output json ;;
    thing-group-members.json)
        answer "$1" "$2" aws iot list-things-in-thing-group --thing-group-name "$2" --output json \
            --query "{thingGroupName: '$2', things: things}"
        ;;
    role-aliases.json) answer "$1" "$2" aws iot describe-role-alias --role-alias "$2" --output json ;;
    provisioning-templates.json)
        answer "$1" "$2" aws iot describe-provisioning-template --template-name "$2" --output json
        ;;
    cognito-identity-pools.json)
        answer "$1" "$2" aws cognito-identity get-identity-pool-roles --identity-pool-id "$2" --output json
        ;;
    iam-service-last-accessed.json) answer "$1" "$2" last_accessed "$2" ;;
    esac
}

# IAM prepares this answer in the background.
last_accessed() {
    job=$(aws iam generate-service-last-accessed-details --arn "$1" --query JobId --output text) || return 1
    tries=0
    while [ $tries -lt 30 ]; do
        status=$(aws iam get-service-last-accessed-details --job-id "$job" --query JobStatus --output text) || return 1
        [ "$status" = IN_PROGRESS ] || break
        tries=$((tries + 1))
        sleep 2
    done
    aws iam get-service-last-accessed-details --job-id "$job" --max-items 1000 --output json --query \
        "{RoleArn: '$1', JobStatus: JobStatus, IsTruncated: IsTruncated, ServicesLastAccessed: ServicesLastAccessed}"
}

if [ "${1:-}" = --detail ]; then
    # Without a name there was nothing to ask for.
    [ $# -lt 3 ] || detail "$2" "$3"
    exit 0
fi

script=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
folder=${1:-snapshot}
mkdir -p "$folder/crls" "$folder/issuers" "$folder/logs" "$folder.state" || exit 1
# What was done already is noted next to the folder, not in it.
STATE=$(cd "$folder.state" && pwd)
export STATE
cd "$folder" || exit 1
rm -f "$STATE/failed"

# One whole answer as file $1.
whole() {
    file=$1
    shift
    [ -s "$file" ] && return
    echo "$file"
    if "$@" > "$STATE/part" 2> "$STATE/err"; then
        # A call without an answer prints nothing.
        [ -s "$STATE/part" ] || echo '{}' > "$STATE/part"
        cp "$STATE/part" "$file"
    elif grep -q NotConfiguredException "$STATE/err"; then
        echo '{}' > "$file"
    else
        printf '%s: %s\n' "$file" "$(tr '\n' ' ' < "$STATE/err")" >> "$STATE/failed"
    fi
    rm -f "$STATE/part" "$STATE/err"
}

# A detail in file $1 for each name that the rest of the line prints.
each() {
    file=$1
    shift
    echo "$file"
    touch "$STATE/$file"
    "$@" 2> "$STATE/err" | tr '\t' '\n' | grep -v -e '^None$' -e '^$' | LC_ALL=C sort -u > "$STATE/names"
    [ -s "$STATE/err" ] && printf '%s: %s\n' "$file" "$(tr '\n' ' ' < "$STATE/err")" >> "$STATE/failed"
    LC_ALL=C sort -u "$STATE/$file" | LC_ALL=C comm -13 - "$STATE/names" |
        xargs -P "$JOBS" -n 1 sh "$script" --detail "$file"
    rm -f "$STATE/names" "$STATE/err"
}

whole account.json aws sts get-caller-identity --output json

whole certificates-list.json aws iot list-certificates --output json
each certificates.json aws iot list-certificates --output text --query 'certificates[].certificateId'
whole ca-certificates-list.json aws iot list-ca-certificates --output json
each ca-certificates.json aws iot list-ca-certificates --output text --query 'certificates[].certificateId'

whole policies-list.json aws iot list-policies --output json
each policies.json aws iot list-policies --output text --query 'policies[].policyName'
each policy-targets.json aws iot list-policies --output text --query 'policies[].policyName'

whole things.json aws iot list-things --output json
each thing-principals.json aws iot list-things --output text --query 'things[].thingName'
whole thing-groups-list.json aws iot list-thing-groups --output json
each thing-groups.json aws iot list-thing-groups --output text --query 'thingGroups[].groupName'
each thing-group-members.json aws iot list-thing-groups --output text --query 'thingGroups[].groupName'

whole provisioning-templates-list.json aws iot list-provisioning-templates --output json
each provisioning-templates.json aws iot list-provisioning-templates --output text --query 'templates[].templateName'

whole role-aliases-list.json aws iot list-role-aliases --output json
each role-aliases.json aws iot list-role-aliases --output text --query 'roleAliases[]'
whole iam-account-authorization-details.json aws iam get-account-authorization-details --output json \
    --filter Role LocalManagedPolicy AWSManagedPolicy
role_arns() {
    [ -s role-aliases.json ] || return 0
    sed -n 's/.*"roleArn": *"\([^"]*\)".*/\1/p' role-aliases.json
}
each iam-service-last-accessed.json role_arns

# All pages: Cognito asks for a limit, and with the limit given the AWS CLI does not turn pages itself.
identity_pools() {
    token=
    while :; do
        if [ -n "$token" ]; then set -- --next-token "$token"; else set --; fi
        aws cognito-identity list-identity-pools --max-results 60 "$@" --output json > "$STATE/page" || return 1
        cat "$STATE/page"
        token=$(sed -n 's/.*"NextToken": *"\([^"]*\)".*/\1/p' "$STATE/page")
        rm -f "$STATE/page"
        [ -n "$token" ] || return 0
    done
}
identity_pool_ids() {
    [ -s cognito-identity-pools-list.json ] || return 0
    grep -o '"IdentityPoolId": *"[^"]*"' cognito-identity-pools-list.json | sed 's/.*"\([^"]*\)"$/\1/'
}
whole cognito-identity-pools-list.json identity_pools
each cognito-identity-pools.json identity_pool_ids

whole v2-logging-options.json aws iot get-v2-logging-options --output json
whole logging-options.json aws iot get-logging-options --output json
whole audit-configuration.json aws iot describe-account-audit-configuration --output json
whole audit-suppressions.json aws iot list-audit-suppressions --output json

whole logs/AWSIotLogsV2.json aws logs filter-log-events --log-group-name AWSIotLogsV2 --output json \
    --start-time "$((($(date +%s) - DAYS * 86400) * 1000))" \
    --filter-pattern '{ ($.eventType = "Connect") || ($.eventType = "Disconnect") }' --query '{events: events}'

if [ -s "$STATE/failed" ]; then
    echo "These calls failed; run the script again, or audit without them:" >&2
    cat "$STATE/failed" >&2
    exit 1
fi
echo "Done. Put revocation lists into crls/ and certificates of issuers that are not registered into issuers/."
