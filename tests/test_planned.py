"""Audits before deployment: Terraform plans, CloudFormation, SAM and CDK templates, Serverless Framework files."""

import json
import time

import pytest

WIDE, ALIAS = "IOT_POLICY_OVERLY_PERMISSIVE_CHECK", "IOT_ROLE_ALIAS_OVERLY_PERMISSIVE_CHECK"

STACK = """\
AWSTemplateFormatVersion: '2010-09-09'
Description: sensors
Parameters:
  Stage:
    Type: String
  Prefix:
    Type: String
    Default: dt
Resources:
  DevicePolicy:
    Type: AWS::IoT::Policy
    Properties:
      PolicyName: !Sub '${Prefix}-device'
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: iot:Connect
            Resource: !Sub 'arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}:client/${!iot:Connection.Thing.ThingName}'
            Condition: {Bool: {'iot:Connection.Thing.IsAttached': 'true'}}
          - Effect: Allow
            Action: [iot:Publish, iot:Receive]
            Resource: !Join ['', ['arn:aws:iot:', !Ref 'AWS::Region', ':', !Ref 'AWS::AccountId', ':topic/*']]
  StagePolicy:
    Type: AWS::IoT::Policy
    Properties:
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          Effect: Allow
          Action: iot:Publish
          Resource: !Sub 'arn:aws:iot:*:*:topic/${Stage}/x'
"""


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def results(run):
    log = json.loads(run.out)["runs"][0]
    found = []
    for result in log["results"]:
        region = result["locations"][0]["physicalLocation"]["region"]
        found.append((result["ruleId"], result["message"]["text"].split(": ")[0], region["startLine"], region["startColumn"]))
    return found, [note["message"]["text"] for note in log["invocations"][0]["toolExecutionNotifications"] if note["level"] == "error"]


def audit(thingwarden, *arguments):
    return thingwarden("audit", *arguments, "--check", "IOT_*", "--format", "sarif", "-q")


def test_a_cloudformation_template_is_audited_at_its_statements(thingwarden, tmp_path):
    path = write(tmp_path, "stack", STACK)
    run = audit(thingwarden, path, "--account", "123456789012", "--region", "eu-west-1")
    found, errors = results(run)
    assert found == [(WIDE, "dt-device:1", 21, 13)]
    assert run.code == 2 and len(errors) == 1
    assert "policy `StagePolicy`: parameter `Stage` has no default; give it with --parameter Stage=VALUE" in errors[0]
    run = audit(thingwarden, path, "--parameter", "Stage=prod", "--parameter", "Prefix=a")
    found, errors = results(run)
    assert (run.code, errors, found) == (1, [], [(WIDE, "a-device:1", 21, 13)])


def test_account_and_region_fill_pseudo_parameters(thingwarden, tmp_path):
    path = write(tmp_path, "stack.yaml", STACK)
    run = thingwarden("audit", path, "--check", WIDE, "--format", "jsonl", "-q", "--account", "123456789012", "--region", "cn-north-1")
    assert run.lines[0]["nonCompliantResource"]["additionalInfo"]["ALLOWED_FOR_EXAMPLE"].startswith(
        "iot:Publish arn:aws:iot:cn-north-1:123456789012:topic/$aws/things/x/")


def test_a_good_template_is_compliant(thingwarden, tmp_path):
    good = STACK[:STACK.index("          - Effect: Allow\n            Action: [")]
    assert audit(thingwarden, write(tmp_path, "good.yml", good)).code == 0


def policy(statement):
    return {"Version": "2012-10-17", "Statement": [statement]}


WIDE_STATEMENT = {"Effect": "Allow", "Action": "iot:Publish", "Resource": "*"}


def test_a_template_of_the_cdk_and_its_roles(thingwarden, tmp_path):
    template = {"Resources": {
        "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:deflate64:xyz"}},
        "Policy1": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": policy({
            "Effect": "Allow", "Action": "iot:Publish",
            "Resource": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iot:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"},
                                           ":topic/$aws/things/*"]]}})}},
        "Role2": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": policy({}), "ManagedPolicyArns": [{"Ref": "Managed"}]}},
        "Managed": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy({"Effect": "Allow", "Action": "iam:*", "Resource": "*"})}},
        "Default3": {"Type": "AWS::IAM::Policy", "Properties": {
            "PolicyName": "more", "Roles": [{"Ref": "Role2"}], "PolicyDocument": policy({"Effect": "Allow", "Action": "iot:*", "Resource": "*"})}},
        "Alias4": {"Type": "AWS::IoT::RoleAlias", "Properties": {"RoleAlias": "devices", "RoleArn": {"Fn::GetAtt": ["Role2", "Arn"]}}},
    }}
    run = thingwarden("audit", write(tmp_path, "Stack.template.json", template), "--check", "IOT_*PERMISSIVE*", "--format", "jsonl", "-q")
    codes = {line["reasonForNonComplianceCode"] for line in run.lines if line["checkName"] == ALIAS}
    assert run.code == 1 and {line["checkName"] for line in run.lines} == {WIDE, ALIAS}
    assert "ALLOWS_BROAD_ACCESS_TO_IOT_DATA_PLANE_ACTIONS" in codes and len(codes) > 2, codes


def test_conditions_choose_resources(thingwarden, tmp_path):
    template = {"Parameters": {"Stage": {"Type": "String", "Default": "dev"}, "Other": {"Type": "String"}},
                "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}, "Open": {"Fn::Equals": [{"Ref": "Other"}, "x"]},
                               "Never": {"Fn::And": [{"Condition": "Open"}, {"Condition": "Prod"}]}},
                "Resources": {name: {"Type": "AWS::IoT::Policy", "Condition": name, "Properties": {"PolicyDocument": policy(WIDE_STATEMENT)}}
                              for name in ("Prod", "Open", "Never")}}
    path = write(tmp_path, "t.json", template)
    assert {name for _, name, _, _ in results(audit(thingwarden, path))[0]} == {"Open:1"}
    assert {name for _, name, _, _ in results(audit(thingwarden, path, "--parameter", "Stage=prod"))[0]} == {"Prod:1", "Open:1", "Never:1"}


PLAN = {
    "format_version": "1.2", "terraform_version": "1.9.5",
    "planned_values": {"root_module": {
        "resources": [
            {"address": "aws_iot_policy.wide", "mode": "managed", "type": "aws_iot_policy", "name": "wide",
             "values": {"name": "wide", "policy": json.dumps(policy(WIDE_STATEMENT))}},
            {"address": "aws_iot_policy.later", "mode": "managed", "type": "aws_iot_policy", "name": "later", "values": {"name": "later"}},
            {"address": "aws_iot_certificate.c", "mode": "managed", "type": "aws_iot_certificate", "name": "c", "values": {"active": True}},
            {"address": "data.aws_iam_policy_document.d", "mode": "data", "type": "aws_iot_policy", "name": "d", "values": {}},
        ],
        "child_modules": [{"address": "module.roles", "resources": [
            {"address": "module.roles.aws_iam_role.r", "mode": "managed", "type": "aws_iam_role", "name": "r", "values": {"name": "r", "path": "/"}},
            {"address": "module.roles.aws_iam_role_policy.p", "mode": "managed", "type": "aws_iam_role_policy", "name": "p",
             "values": {"name": "p", "policy": json.dumps(policy({"Effect": "Allow", "Action": "iot:*", "Resource": "*"}))}},
            {"address": "module.roles.aws_iot_role_alias.a", "mode": "managed", "type": "aws_iot_role_alias", "name": "a", "values": {"alias": "a"}},
        ]}],
    }},
    "configuration": {"root_module": {"module_calls": {"roles": {"module": {"resources": [
        {"address": "aws_iam_role_policy.p", "type": "aws_iam_role_policy", "name": "p",
         "expressions": {"role": {"references": ["aws_iam_role.r.id", "aws_iam_role.r"]}}},
        {"address": "aws_iot_role_alias.a", "type": "aws_iot_role_alias", "name": "a",
         "expressions": {"role_arn": {"references": ["aws_iam_role.r.arn", "aws_iam_role.r"]}}},
    ]}}}}},
}


def test_a_plan_of_terraform(thingwarden, tmp_path):
    run = audit(thingwarden, write(tmp_path, "plan", PLAN))
    found, errors = results(run)
    assert run.code == 2 and {rule for rule, *_ in found} == {WIDE, ALIAS}
    assert [(name, line) for rule, name, line, _ in found if rule == WIDE] == [("wide:1", 1)]
    column = next(column for rule, _, _, column in found if rule == WIDE)
    assert json.dumps(PLAN)[column - 1:].startswith('"{\\"Version')
    assert len(errors) == 1 and "policy `later`: `policy` is not known before apply" in errors[0]
    indented = tmp_path / "plan.json"
    indented.write_text(json.dumps(PLAN, indent=2))
    line = next(line for rule, _, line, _ in results(audit(thingwarden, indented))[0] if rule == WIDE)
    assert '"policy": "{' in indented.read_text().splitlines()[line - 1]


def test_what_a_plan_does_not_say_is_not_guessed(thingwarden, tmp_path):
    plan = json.loads(json.dumps(PLAN))
    resources = plan["configuration"]["root_module"]["module_calls"]["roles"]["module"]["resources"]
    resources[1]["expressions"]["role_arn"]["references"].append("var.suffix")
    _, errors = results(audit(thingwarden, write(tmp_path, "plan.json", plan)))
    assert any("rolealias/a`: its role: `role_arn` is not known before apply" in error for error in errors), errors


def test_a_large_plan_is_read(thingwarden, tmp_path):
    plan = json.loads(json.dumps(PLAN))
    filler = {"address": "x.y", "mode": "managed", "type": "aws_s3_object", "name": "y", "values": {"content": "z" * 1000}}
    plan["planned_values"]["root_module"]["resources"] += [filler] * 8000
    path = write(tmp_path, "plan.json", plan)
    assert path.stat().st_size > 8 << 20
    assert {rule for rule, *_ in results(audit(thingwarden, path))[0]} == {WIDE, ALIAS}


def test_resources_of_a_serverless_file(thingwarden, tmp_path):
    text = """\
service: fleet
custom:
  prefix: ${self:service}-${self:provider.stage}
provider:
  name: aws
  stage: ${opt:stage, 'dev'}
resources:
  Resources:
    Wide:
      Type: AWS::IoT::Policy
      Properties:
        PolicyName: ${self:custom.prefix}-wide
        PolicyDocument:
          Version: '2012-10-17'
          Statement:
            - Effect: Allow
              Action: iot:Connect
              Resource: arn:aws:iot:${aws:region}:${aws:accountId}:client/*
    Unknown:
      Type: AWS::IoT::Policy
      Properties:
        PolicyDocument:
          Version: '2012-10-17'
          Statement:
            - {Effect: Allow, Action: iot:Connect, Resource: 'arn:aws:iot:*:*:client/${ssm:/fleet/name}'}
"""
    path = write(tmp_path, "serverless.yml", text)
    found, errors = results(audit(thingwarden, path))
    assert found == [(WIDE, "fleet-dev-wide:1", 16, 15)]
    assert len(errors) == 1 and "policy `Unknown`: `${ssm:/fleet/name}` is not known" in errors[0]
    found, errors = results(audit(thingwarden, path, "--parameter", "stage=prod", "--parameter", "/fleet/name=x"))
    assert (found, errors) == ([(WIDE, "fleet-prod-wide:1", 16, 15)], [])


def test_policies_of_provisioning_templates(thingwarden, tmp_path):
    body = {"Resources": {"policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": json.dumps(policy(WIDE_STATEMENT))}}}}
    template = {"Resources": {"Claim": {"Type": "AWS::IoT::ProvisioningTemplate", "Properties": {"TemplateBody": json.dumps(body)}}}}
    assert [name for _, name, _, _ in results(audit(thingwarden, write(tmp_path, "t.json", template)))[0]] == ["Claim.policy:1"]


@pytest.mark.parametrize("property,why", [
    ({"Fn::ImportValue": "shared"}, "`Fn::ImportValue` is not known before deployment"),
    ({"Fn::GetAtt": ["Queue", "Arn"]}, "`Queue.Arn` is not known before deployment"),
    ({"Ref": "Nowhere"}, "`Nowhere` is neither parameter nor resource of the template"),
    ({"Fn::Sub": "${iot:ClientId}"}, "a policy variable is written `${!iot:ClientId}` there"),
    ({"Fn::Sub": "${AWS::StackName}"}, "`AWS::StackName` is not known before deployment"),
    ({"Fn::If": ["None", "a", "b"]}, "there is no condition `None`"),
])
def test_what_is_not_known_is_named(thingwarden, tmp_path, property, why):
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"},
                              "P": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": policy({**WIDE_STATEMENT, "Resource": property})}}}}
    run = audit(thingwarden, write(tmp_path, "t.json", template))
    found, errors = results(run)
    assert (run.code, found) == (2, []) and why in errors[0], errors


def test_bad_files_are_told_with_their_place(thingwarden, tmp_path):
    _, errors = results(audit(thingwarden, write(tmp_path, "a.yaml", STACK + "  Bad: [1, 2\n  x: }\n"), write(tmp_path, "ok.yaml", STACK)))
    assert any("no YAML: " in error for error in errors), errors
    bomb = "Resources:\n  A: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"  B{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 30))
    started = time.monotonic()
    run = thingwarden("audit", write(tmp_path, "bomb.yaml", bomb))
    assert run.code == 2 and b"aliases written out" in run.err + run.out and time.monotonic() - started < 20
    run = thingwarden("audit", write(tmp_path, "deep.yaml", "Resources: " + "[" * 100000))
    assert run.code == 2


def test_other_yaml_is_none_of_our_business(thingwarden, tmp_path):
    folder = tmp_path / "infra"
    folder.mkdir()
    write(folder, "ok.yaml", STACK)
    write(folder, "deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\n")
    write(folder, "broken.yaml", "{{ if .Values.x }}\na: [\n")
    _, errors = results(audit(thingwarden, folder, "--parameter", "Stage=x"))
    assert errors == []
    named = thingwarden("audit", folder / "deployment.yaml")
    assert named.code == 2 and "1 input skipped" in named.text
