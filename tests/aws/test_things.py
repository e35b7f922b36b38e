"""The registry through boto3: things, types, groups, billing groups, principals, tags and what belongs to an account."""

import itertools

import pytest
from botocore.exceptions import ClientError

from serving import ACCOUNT, Server

REGIONS = itertools.count(1)


@pytest.fixture
def iot(server):
    """A client in a region of its own: regions share nothing, so tests can share the server."""
    return server.client(region=f"test-{next(REGIONS)}")


def code(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def listed(iot, operation, key, **arguments):
    """All results, by the paginator that botocore has for the operation."""
    return [found for page in iot.get_paginator(operation).paginate(**arguments) for found in page[key]]


def arn(iot, resource):
    return f"arn:aws:iot:{iot.meta.region_name}:{ACCOUNT}:{resource}"


def test_things_live_from_creation_to_deletion(iot):
    made = iot.create_thing(thingName="fz:a_b-1", attributePayload={"attributes": {"color": "red", "site": "a/b#1"}})
    assert made["thingArn"] == arn(iot, "thing/fz:a_b-1")
    again = iot.create_thing(thingName="fz:a_b-1", attributePayload={"attributes": {"color": "red", "site": "a/b#1"}})
    assert again["thingId"] == made["thingId"]
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException) as caught:
        iot.create_thing(thingName="fz:a_b-1")
    assert caught.value.response["resourceArn"] == made["thingArn"]

    iot.update_thing(thingName="fz:a_b-1", attributePayload={"attributes": {"color": ""}, "merge": True}, expectedVersion=1)
    described = iot.describe_thing(thingName="fz:a_b-1")
    assert (described["attributes"], described["version"]) == ({"site": "a/b#1"}, 2)
    assert code(iot.update_thing, thingName="fz:a_b-1", expectedVersion=1) == "VersionConflictException"
    iot.delete_thing(thingName="fz:a_b-1", expectedVersion=2)
    assert code(iot.describe_thing, thingName="fz:a_b-1") == "ResourceNotFoundException"
    iot.delete_thing(thingName="fz:a_b-1")


def test_listings_page_by_themselves_and_find_by_attribute_and_type(iot):
    iot.create_thing_type(thingTypeName="truck")
    for number in range(120):
        typed = {"thingTypeName": "truck"} if number % 2 else {}
        site = {"attributes": {"site": f"s{number % 3}"}}
        iot.create_thing(thingName=f"t{number}", attributePayload=site, **typed)
    names = [thing["thingName"] for thing in listed(iot, "list_things", "things")]
    assert names == [f"t{number}" for number in range(120)]
    found = listed(iot, "list_things", "things", attributeName="site", attributeValue="s1", maxResults=7)
    assert [thing["thingName"] for thing in found] == [f"t{number}" for number in range(1, 120, 3)]
    found = listed(iot, "list_things", "things", attributeName="site", attributeValue="s1", thingTypeName="truck")
    assert [thing["thingName"] for thing in found] == [f"t{number}" for number in range(1, 120, 6)]
    every = listed(iot, "list_things", "things", attributeName="site", attributeValue="s",
                   usePrefixAttributeValue=True, maxResults=50)
    assert {thing["thingName"] for thing in every} == set(names) and len(every) == 120
    first = iot.list_things(maxResults=5)
    assert code(iot.list_things, nextToken=first["nextToken"], thingTypeName="truck") == "InvalidRequestException"
    assert code(iot.list_things, nextToken="bWFkZSB1cA==") == "InvalidRequestException"


def test_a_thing_type_is_deprecated_before_it_is_deleted(iot):
    properties = {"thingTypeDescription": "a truck", "searchableAttributes": ["vin"]}
    made = iot.create_thing_type(thingTypeName="truck", thingTypeProperties=properties,
                                 tags=[{"Key": "team", "Value": "red"}])
    assert iot.list_tags_for_resource(resourceArn=made["thingTypeArn"])["tags"] == [{"Key": "team", "Value": "red"}]
    assert code(iot.delete_thing_type, thingTypeName="truck") == "InvalidRequestException"
    iot.deprecate_thing_type(thingTypeName="truck")
    metadata = iot.describe_thing_type(thingTypeName="truck")["thingTypeMetadata"]
    assert metadata["deprecated"] is True and metadata["deprecationDate"] >= metadata["creationDate"]
    assert code(iot.create_thing, thingName="t", thingTypeName="truck") == "InvalidRequestException"
    # Not before five minutes are over.
    assert code(iot.delete_thing_type, thingTypeName="truck") == "InvalidRequestException"


def test_the_waiting_time_of_thing_types_is_a_setting(tmp_path):
    server = Server(tmp_path, environment={"THINGWARDEN_LIMITS__THING_TYPE_DELETION_DELAY_SECONDS": "0"})
    iot = server.client()
    made = iot.create_thing_type(thingTypeName="truck")
    iot.deprecate_thing_type(thingTypeName="truck")
    iot.delete_thing_type(thingTypeName="truck")
    assert iot.list_thing_types()["thingTypes"] == []
    assert code(iot.list_tags_for_resource, resourceArn=made["thingTypeArn"]) == "ResourceNotFoundException"
    assert server.stop() == 0, server.log_text()


def test_groups_have_a_hierarchy_and_things_one_place_in_it(iot):
    iot.create_thing_group(thingGroupName="fleet")
    iot.create_thing_group(thingGroupName="trucks", parentGroupName="fleet")
    iot.create_thing_group(thingGroupName="red", parentGroupName="trucks")
    metadata = iot.describe_thing_group(thingGroupName="red")["thingGroupMetadata"]
    assert [group["groupName"] for group in metadata["rootToParentThingGroups"]] == ["fleet", "trucks"]
    below = listed(iot, "list_thing_groups", "thingGroups", parentGroup="fleet", maxResults=1)
    assert [group["groupName"] for group in below] == ["trucks", "red"]
    level = listed(iot, "list_thing_groups", "thingGroups", parentGroup="fleet", recursive=False)
    assert [group["groupName"] for group in level] == ["trucks"]

    iot.create_thing(thingName="t")
    iot.add_thing_to_thing_group(thingGroupArn=arn(iot, "thinggroup/red"), thingArn=arn(iot, "thing/t"))
    assert code(iot.add_thing_to_thing_group, thingGroupName="fleet", thingName="t") == "InvalidRequestException"
    assert listed(iot, "list_things_in_thing_group", "things", thingGroupName="fleet") == []
    assert listed(iot, "list_things_in_thing_group", "things", thingGroupName="fleet", recursive=True) == ["t"]
    iot.update_thing_groups_for_thing(thingName="t", thingGroupsToRemove=["red"], thingGroupsToAdd=["fleet"])
    groups = listed(iot, "list_thing_groups_for_thing", "thingGroups", thingName="t")
    assert groups == [{"groupName": "fleet", "groupArn": arn(iot, "thinggroup/fleet")}]
    assert code(iot.delete_thing_group, thingGroupName="fleet") == "InvalidRequestException"
    for name in ["red", "trucks", "fleet"]:
        iot.delete_thing_group(thingGroupName=name)
    assert listed(iot, "list_thing_groups_for_thing", "thingGroups", thingName="t") == []


def test_a_billing_group_keeps_its_things(iot):
    iot.create_billing_group(billingGroupName="b", billingGroupProperties={"billingGroupDescription": "d"})
    iot.create_thing(thingName="t", billingGroupName="b")
    assert listed(iot, "list_things_in_billing_group", "things", billingGroupName="b") == ["t"]
    assert code(iot.delete_billing_group, billingGroupName="b") == "InvalidRequestException"
    iot.remove_thing_from_billing_group(billingGroupArn=arn(iot, "billinggroup/b"), thingName="t")
    assert iot.update_billing_group(billingGroupName="b", billingGroupProperties={}, expectedVersion=1)["version"] == 2
    iot.delete_billing_group(billingGroupName="b", expectedVersion=2)


def test_principals_are_attached_alone_or_with_others(iot):
    for name in ["t", "u"]:
        iot.create_thing(thingName=name)
    alone, shared = (iot.create_keys_and_certificate(setAsActive=True)["certificateArn"] for _ in range(2))
    iot.attach_thing_principal(thingName="t", principal=alone, thingPrincipalType="EXCLUSIVE_THING")
    assert code(iot.attach_thing_principal, thingName="u", principal=alone) == "InvalidRequestException"
    for name in ["t", "u"]:
        iot.attach_thing_principal(thingName=name, principal=shared)
    assert listed(iot, "list_thing_principals", "principals", thingName="t", maxResults=1) == [alone, shared]
    assert listed(iot, "list_principal_things", "things", principal=shared) == ["t", "u"]
    objects = iot.list_thing_principals_v2(thingName="t", thingPrincipalType="EXCLUSIVE_THING")["thingPrincipalObjects"]
    assert objects == [{"principal": alone, "thingPrincipalType": "EXCLUSIVE_THING"}]
    assert code(iot.delete_thing, thingName="u") == "InvalidRequestException"
    iot.detach_thing_principal(thingName="u", principal=shared)
    iot.delete_thing(thingName="u")
    missing = arn(iot, "cert/" + "0" * 64)
    assert code(iot.attach_thing_principal, thingName="t", principal=missing) == "ResourceNotFoundException"


def test_accounts_and_regions_see_their_own_things_only(server):
    here, there = server.client(), server.client(region="eu-west-1")
    here.create_thing(thingName="t")
    assert code(there.describe_thing, thingName="t") == "ResourceNotFoundException"
    assert there.create_thing(thingName="t")["thingArn"] == f"arn:aws:iot:eu-west-1:{ACCOUNT}:thing/t"
    here.create_thing(thingName="u")
    token = here.list_things(maxResults=1)["nextToken"]
    assert code(there.list_things, nextToken=token, maxResults=1) == "InvalidRequestException"


def test_what_an_account_has_once(server, iot):
    address = server.url.removeprefix("http://")
    assert iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"] == address
    assert code(iot.get_v2_logging_options) == "NotConfiguredException"
    role = f"arn:aws:iam::{ACCOUNT}:role/logs"
    iot.set_v2_logging_options(roleArn=role, defaultLogLevel="ERROR")
    iot.set_v2_logging_level(logTarget={"targetType": "THING_GROUP", "targetName": "g"}, logLevel="DEBUG")
    levels = listed(iot, "list_v2_logging_levels", "logTargetConfigurations", maxResults=1)
    assert [level["logLevel"] for level in levels] == ["ERROR", "DEBUG"]
    iot.update_event_configurations(eventConfigurations={"THING": {"Enabled": True}})
    events = iot.describe_event_configurations()["eventConfigurations"]
    assert events["THING"] == {"Enabled": True} and events["JOB"] == {"Enabled": False}
    iot.update_indexing_configuration(thingIndexingConfiguration={"thingIndexingMode": "REGISTRY"})
    indexing = iot.get_indexing_configuration()["thingIndexingConfiguration"]
    assert indexing["thingIndexingMode"] == "REGISTRY"


def test_role_aliases_and_domain_configurations(iot):
    role = f"arn:aws:iam::{ACCOUNT}:role/device"
    for name in ["b", "a", "c"]:
        iot.create_role_alias(roleAlias=name, roleArn=role)
    assert listed(iot, "list_role_aliases", "roleAliases", pageSize=1) == ["b", "a", "c"]
    assert listed(iot, "list_role_aliases", "roleAliases", ascendingOrder=True) == ["a", "b", "c"]
    iot.update_role_alias(roleAlias="a", credentialDurationSeconds=900)
    description = iot.describe_role_alias(roleAlias="a")["roleAliasDescription"]
    assert (description["credentialDurationSeconds"], description["owner"]) == (900, ACCOUNT)
    assert code(iot.create_role_alias, roleAlias="a", roleArn=role) == "ResourceAlreadyExistsException"

    made = iot.create_domain_configuration(domainConfigurationName="d", tags=[{"Key": "team", "Value": "red"}])
    assert iot.describe_domain_configuration(domainConfigurationName="d")["domainType"] == "AWS_MANAGED"
    tags = iot.list_tags_for_resource(resourceArn=made["domainConfigurationArn"])["tags"]
    assert tags == [{"Key": "team", "Value": "red"}]
    assert code(iot.delete_domain_configuration, domainConfigurationName="d") == "InvalidRequestException"
    iot.update_domain_configuration(domainConfigurationName="d", domainConfigurationStatus="DISABLED")
    iot.delete_domain_configuration(domainConfigurationName="d")
    assert listed(iot, "list_domain_configurations", "domainConfigurations") == []
