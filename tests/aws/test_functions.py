"""Lambda functions that were written for AWS: invoked by the end of an audit, they call back with the rights of their role."""

import json

import pytest

from audits import PERMISSIVE, PERMISSIVE_CHECK, RESTRICTIVE, enable, run
from function_runtime import Function, implementations
from receivers import verify
from security_hub import hub  # noqa: F401
from serving import ACCOUNT, REGION, Server
from test_iam import TRUST_IOT, keys_of, policy

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:on-audit"
TRUST_ACCOUNT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}
PREFIX = "WS_AUDIT_"
# What the workshop gives its function, and no more.
REMEDIATION = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "iot:ListAuditFindings", "Resource": "*"},
    {
        "Effect": "Allow",
        "Action": ["iot:CreatePolicyVersion", "iot:DeletePolicyVersion", "iot:ListPolicyVersions", "iot:SetDefaultPolicyVersion"],
        "Resource": f"arn:aws:iot:*:*:policy/{PREFIX}*",
    },
]})


class World:
    """A server whose audits invoke a function."""

    def __init__(self, folder, file, rights, hub=None, **environment):
        self.function = Function(file)
        (folder / "tw.toml").write_text(f'[notifications.functions]\n"{ARN}" = "{self.function.url}"\n')
        self.server = Server(folder, "--allow-private-targets", "--config", folder / "tw.toml")
        iam = self.server.client("iam")
        iam.create_role(RoleName="Notifier", AssumeRolePolicyDocument=json.dumps(TRUST_IOT))
        iam.put_role_policy(RoleName="Notifier", PolicyName="p", PolicyDocument=policy("sns:Publish"))
        role = iam.create_role(RoleName="Function", AssumeRolePolicyDocument=json.dumps(TRUST_ACCOUNT))["Role"]["Arn"]
        iam.put_role_policy(RoleName="Function", PolicyName="p", PolicyDocument=rights)
        iam.create_user(UserName="runtime")
        iam.put_user_policy(UserName="runtime", PolicyName="p", PolicyDocument=policy("sts:AssumeRole"))
        sts = self.server.client("sts", **keys_of(iam.create_access_key(UserName="runtime")))
        credentials = keys_of(sts.assume_role(RoleArn=role, RoleSessionName="on-audit"))
        if hub:
            hub.key, hub.secret = credentials["aws_access_key_id"], credentials["aws_secret_access_key"]
            environment["AWS_ENDPOINT_URL_SECURITYHUB"] = hub.url
        self.function.begin(credentials, AWS_ENDPOINT_URL_IOT=self.server.url, **environment)
        self.iot = self.server.client()
        sns = self.server.client("sns")
        topic = sns.create_topic(Name="DDA_Findings")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=ARN)
        enable(self.iot, PERMISSIVE_CHECK)
        target = {"targetArn": topic, "roleArn": f"arn:aws:iam::{ACCOUNT}:role/Notifier", "enabled": True}
        self.iot.update_account_audit_configuration(auditNotificationTargetConfigurations={"SNS": target})

    def audit(self):
        """Runs an audit, and waits until the function has done its part; gives how many policies were found, and the message."""
        task, description = run(self.iot, PERMISSIVE_CHECK)
        notification = self.function.next()["Records"][0]["Sns"]
        verify(notification)
        message = json.loads(notification["Message"])
        assert message["taskId"] == task
        return description["auditDetails"][PERMISSIVE_CHECK]["nonCompliantResourcesCount"]

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        with self.function:
            assert self.server.stop() == 0, self.server.log_text()


@pytest.mark.parametrize("file", implementations("remediate"), ids=lambda file: file.parent.name)
def test_a_function_replaces_permissive_policies(tmp_path, file):
    """AWS's workshop on automated remediation, from the first audit to the second."""
    beside = file.parent / "iot_default_policy.json"
    restrictive = json.loads(beside.read_text()) if beside.is_file() else RESTRICTIVE
    with World(tmp_path, file, REMEDIATION, TARGET_POLICY_NAME_PREFIX=PREFIX) as world:
        iot, text = world.iot, json.dumps(PERMISSIVE)
        names = [f"{PREFIX}{number:02}" for number in range(30)]
        full = f"{PREFIX}full"
        for name in [*names, full, "other"]:
            iot.create_policy(policyName=name, policyDocument=text)
        for _ in range(4):
            iot.create_policy_version(policyName=full, policyDocument=text, setAsDefault=True)
        assert world.audit() == 32, "more than a page of findings"
        for name in names:
            after = iot.get_policy(policyName=name)
            assert json.loads(after["policyDocument"]) == restrictive and after["defaultVersionId"] == "2"
            assert [one["versionId"] for one in iot.list_policy_versions(policyName=name)["policyVersions"]] == ["2"]
        after = iot.get_policy(policyName=full)
        assert json.loads(after["policyDocument"]) == restrictive and after["defaultVersionId"] == "6"
        assert iot.get_policy(policyName="other")["defaultVersionId"] == "1"

        assert world.audit() == 1, "what the function put in place is no finding, and what it may not touch is"
        assert iot.get_policy(policyName=full)["defaultVersionId"] == "6"
        iot.delete_policy(policyName="other")
        assert world.audit() == 0, "it is told when all is well, too"


@pytest.mark.parametrize("file", implementations("import_findings"), ids=lambda file: file.parent.name)
def test_a_function_imports_findings_and_the_sink_goes_on_from_there(tmp_path, hub, file):
    """AWS's sample solution for Security Hub, and then the server's own sink: same ids, same contents but for what is added."""
    rights = policy("iot:DescribeAuditTask", "iot:ListAuditFindings")

    def hub_id(name):
        return f"arn:aws:iot-device-defender:{REGION}:{ACCOUNT}:audits/finding/{PERMISSIVE_CHECK}-{name}"

    with World(tmp_path, file, rights, hub) as world:
        for number in range(120):
            world.iot.create_policy(policyName=f"p{number}", policyDocument=json.dumps(PERMISSIVE))
        assert world.audit() == 120
        assert len(hub.ids("ACTIVE")) == 120, "in two calls"
        by_function = hub.findings[hub_id("p1")]
        world.iot.delete_policy(policyName="p0")
        assert world.audit() == 119
        assert hub.ids("ARCHIVED") == {hub_id("p0")}

    (tmp_path / "sink.toml").write_text('[[sinks]]\nname = "hub"\ntype = "security-hub"\n')
    keys = {"AWS_ACCESS_KEY_ID": hub.key, "AWS_SECRET_ACCESS_KEY": hub.secret}
    server = Server(tmp_path, "--config", tmp_path / "sink.toml", environment={**keys, "AWS_ENDPOINT_URL_SECURITYHUB": hub.url})
    server.client().delete_policy(policyName="p2")
    run(server.client(), PERMISSIVE_CHECK)
    hub.wait_for(lambda: hub.ids("ARCHIVED") == {hub_id("p0"), hub_id("p2")})
    by_sink = hub.findings[hub_id("p1")]
    added = ("CreatedAt", "UpdatedAt", "ProductFields", "Remediation")
    assert {key: value for key, value in by_sink.items() if key not in added} == \
        {key: value for key, value in by_function.items() if key not in added}
    assert by_sink["ProductFields"].items() >= by_function["ProductFields"].items()
    assert by_sink["Remediation"]["Recommendation"]["Text"] == by_function["Remediation"]["Recommendation"]["Text"]
    assert server.stop() == 0, server.log_text()
