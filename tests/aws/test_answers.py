"""Every operation that is served answers what the service model says, byte by byte, and leaves no member out that it could know."""

import pytest

import answers
import authorizers
import model
import stories
from serving import Server

OTHER_ACCOUNT = "210987654321"
# Patterns of the model want one digit at the end.
REGIONS = (f"us-{name}-{digit}" for name in ("test", "tests", "testing") for digit in range(10))

# Members that the model has and no answer carries, and why.
ABSENT = {
    "DescribeThingGroup.indexName": "dynamic groups are not served",
    "DescribeThingGroup.queryString": "dynamic groups are not served",
    "DescribeThingGroup.queryVersion": "dynamic groups are not served",
    "DescribeThingGroup.status": "dynamic groups are not served",
    "DescribeThingGroup.thingGroupProperties.attributePayload.merge": "says how to change attributes, not what they are",
    "ListTagsForResource.nextToken": "the tags of one resource fit on one page",
    "DescribeDomainConfiguration.serverCertificates.serverCertificateStatus": "the certificates are in ACM, whose state is not known here",
    "DescribeDomainConfiguration.serverCertificates.serverCertificateStatusDetail": "the certificates are in ACM",
    "DescribeAuditTask.scheduledAuditName": "a schedule runs at midnight at the earliest",
    "DescribeAuditFinding.finding.relatedResources.additionalInfo": "only findings about connections say more of what is related",
    "ListAuditFindings.findings.relatedResources.additionalInfo": "only findings about connections say more",
    "ListRelatedResourcesForAuditFinding.relatedResources.additionalInfo": "only findings about connections say more",
    "ListRelatedResourcesForAuditFinding.nextToken": "no finding of this story has more than one related resource",
}


@pytest.fixture(scope="module")
def two_accounts(tmp_path_factory):
    function = authorizers.Function()
    environment = {"THINGWARDEN_ACCOUNTS__ADDITIONAL": OTHER_ACCOUNT, "THINGWARDEN_LIMITS__THING_TYPE_DELETION_DELAY_SECONDS": "0"}
    running = Server(tmp_path_factory.mktemp("server"), environment=environment | function.environment)
    yield running
    assert running.stop() == 0, running.log_text()
    function.close()


def families():
    """{family: its operations}, as the repository lists them."""
    found = {}
    for line in (model.ROOT / "model/operations.txt").read_text().splitlines():
        if line.startswith("["):
            operations = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            operations.append(line)
    return found


@pytest.mark.parametrize("family", families())
def test_answers_are_as_the_model_says(two_accounts, family):
    watch, region = answers.Watch(), next(REGIONS)
    iot = watch.on(two_accounts.client(region=region))
    other = watch.on(two_accounts.client(region=region, **two_accounts.credentials(OTHER_ACCOUNT)))
    stories.OF[family](stories.Stage(two_accounts, iot, other, OTHER_ACCOUNT))
    assert watch.wrong == []
    operations = families()[family]
    assert set(operations) <= watch.seen.keys(), "operations that the story does not call"
    left_out = []
    for operation in operations:
        shape = model.MODEL.operation_model(operation).output_shape
        if shape is not None:
            left_out += [f"{operation}.{member}" for member in answers.all_members(shape) if member not in watch.seen[operation]]
    assert set(left_out) == {member for member in ABSENT if member.split(".")[0] in operations}
