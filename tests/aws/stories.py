"""One story per resource family: each of its operations answered at least once, with as many members as it can have.

A story takes a `Stage` and is told from a fresh registry (a region of its own)."""

import datetime
import json

import audits
import authorizers as functions
import certificates
import mitigation_tasks
from serving import ACCOUNT

ROLE = "arn:aws:iam::123456789012:role/Service"
POLICY = json.dumps(audits.PERMISSIVE)
TAGS = [{"Key": "team", "Value": "a"}]
JITP = json.dumps(
    {"Resources": {"certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}}}}}
)
MQTT5 = {"propagatingAttributes": [{"userPropertyKey": "site", "thingAttribute": "site"}, {"userPropertyKey": "from", "connectionAttribute": "iot:ClientId"}]}


class Stage:
    """The server, the account's client and that of the account that certificates are handed to."""

    def __init__(self, server, iot, other, other_account):
        self.server, self.iot, self.other, self.other_account = server, iot, other, other_account

    def arn(self, resource):
        return f"arn:aws:iot:{self.iot.meta.region_name}:{ACCOUNT}:{resource}"


def registered(iot, subject, days=300):
    return iot.register_certificate_without_ca(certificatePem=certificates.make(subject, days)[0], status="ACTIVE")


def registered_ca(iot, subject, **options):
    pem, key = certificates.make(subject, 3650, ca=True)
    proof, _ = certificates.make(iot.get_registration_code()["registrationCode"], 1, issuer=(subject, key))
    answer = iot.register_ca_certificate(caCertificate=pem, verificationCertificate=proof, **options)
    return answer, (subject, key), pem


def pages(iot, operation, **arguments):
    """Every page, through botocore's paginator, two entries each."""
    return list(iot.get_paginator(operation).paginate(**arguments, PaginationConfig={"PageSize": 2}))


def things(stage):
    iot = stage.iot
    iot.create_thing_type(thingTypeName="truck")
    iot.create_billing_group(billingGroupName="bill")
    first = registered(iot, "a")["certificateArn"]
    for name in ("t1", "t2", "t3"):
        iot.create_thing(thingName=name, thingTypeName="truck", attributePayload={"attributes": {"site": "x"}}, billingGroupName="bill")
        iot.attach_thing_principal(thingName=name, principal=first)
    for subject in ("b", "c"):
        principal = registered(iot, subject)["certificateArn"]
        iot.attach_thing_principal(thingName="t1", principal=principal, thingPrincipalType="NON_EXCLUSIVE_THING")
    iot.describe_thing(thingName="t1")
    for operation, arguments in (
        ("list_things", {}),
        ("list_things", {"thingTypeName": "truck", "attributeName": "site", "attributeValue": "x"}),
        ("list_principal_things", {"principal": first}),
        ("list_principal_things_v2", {"principal": first}),
        ("list_thing_principals", {"thingName": "t1"}),
        ("list_thing_principals_v2", {"thingName": "t1"}),
    ):
        pages(iot, operation, **arguments)
    iot.update_thing(thingName="t3", removeThingType=True, expectedVersion=1)
    iot.detach_thing_principal(thingName="t3", principal=first)
    iot.delete_thing(thingName="t3")


def thing_types(stage):
    iot = stage.iot
    properties = {"thingTypeDescription": "a truck", "searchableAttributes": ["site"], "mqtt5Configuration": MQTT5}
    for name in ("a", "b", "c"):
        iot.create_thing_type(thingTypeName=name, thingTypeProperties=properties, tags=TAGS)
    iot.update_thing_type(thingTypeName="b", thingTypeProperties={"thingTypeDescription": "b"})
    iot.deprecate_thing_type(thingTypeName="a")
    iot.describe_thing_type(thingTypeName="a")
    pages(iot, "list_thing_types")
    iot.delete_thing_type(thingTypeName="a")


def thing_groups(stage):
    iot = stage.iot
    properties = {"thingGroupDescription": "d", "attributePayload": {"attributes": {"site": "x"}}}
    iot.create_thing_group(thingGroupName="root", thingGroupProperties=properties, tags=TAGS)
    for name in ("a", "b", "c"):
        iot.create_thing_group(thingGroupName=name, parentGroupName="root", thingGroupProperties=properties)
        iot.create_thing(thingName=name)
        iot.add_thing_to_thing_group(thingGroupName="a", thingArn=stage.arn(f"thing/{name}"))
    for name in ("d", "e"):
        iot.create_thing_group(thingGroupName=name)
    iot.update_thing_groups_for_thing(thingName="a", thingGroupsToAdd=["d", "e"])
    iot.describe_thing_group(thingGroupName="a")
    pages(iot, "list_thing_groups", parentGroup="root")
    pages(iot, "list_thing_groups_for_thing", thingName="a")
    pages(iot, "list_things_in_thing_group", thingGroupName="root", recursive=True)
    iot.update_thing_group(thingGroupName="a", thingGroupProperties={"thingGroupDescription": "e"})
    iot.remove_thing_from_thing_group(thingGroupName="a", thingName="b")
    iot.delete_thing_group(thingGroupName="b")


def billing_groups(stage):
    iot = stage.iot
    for name in ("a", "b", "c"):
        iot.create_billing_group(billingGroupName=name, billingGroupProperties={"billingGroupDescription": "d"}, tags=TAGS)
        iot.create_thing(thingName=name)
        iot.add_thing_to_billing_group(billingGroupName="a", thingName=name)
    iot.describe_billing_group(billingGroupName="a")
    pages(iot, "list_billing_groups")
    pages(iot, "list_things_in_billing_group", billingGroupName="a")
    iot.update_billing_group(billingGroupName="a", billingGroupProperties={"billingGroupDescription": "e"})
    iot.remove_thing_from_billing_group(billingGroupName="a", thingName="a")
    iot.delete_billing_group(billingGroupName="b")


def certificates_(stage):
    iot, other = stage.iot, stage.other
    iot.create_keys_and_certificate(setAsActive=True)
    iot.create_certificate_from_csr(certificateSigningRequest=certificates.csr("r")[0], setAsActive=True)
    ca, issuer, ca_pem = registered_ca(iot, "maker", setAsActive=True)
    for subject in ("x", "y", "z"):
        pem, _ = certificates.make(subject, 100, issuer=issuer)
        known = iot.register_certificate(certificatePem=pem, caCertificatePem=ca_pem, status="ACTIVE")["certificateId"]
    iot.describe_certificate(certificateId=known)
    iot.update_certificate(certificateId=known, newStatus="INACTIVE")
    pages(iot, "list_certificates")
    pages(iot, "list_certificates_by_ca", caCertificateId=ca["certificateId"])
    handed = [registered(iot, f"handed {number}")["certificateId"] for number in range(4)]
    for identifier in handed:
        iot.update_certificate(certificateId=identifier, newStatus="INACTIVE")
        iot.transfer_certificate(certificateId=identifier, targetAwsAccount=stage.other_account, transferMessage="yours")
    pages(iot, "list_outgoing_certificates")
    other.describe_certificate(certificateId=handed[0])
    other.accept_certificate_transfer(certificateId=handed[0], setAsActive=True)
    other.describe_certificate(certificateId=handed[0])
    other.reject_certificate_transfer(certificateId=handed[1], rejectReason="not mine")
    iot.describe_certificate(certificateId=handed[1])
    iot.cancel_certificate_transfer(certificateId=handed[2])
    iot.delete_certificate(certificateId=handed[2])


def ca_certificates(stage):
    iot = stage.iot
    template = {"templateBody": JITP, "roleArn": ROLE}
    iot.create_provisioning_template(templateName="named", templateBody=JITP, provisioningRoleArn=ROLE, type="JITP")
    ca, _, _ = registered_ca(iot, "one", setAsActive=True, allowAutoRegistration=True, registrationConfig=template, tags=TAGS)
    named, _, _ = registered_ca(iot, "two", registrationConfig={"templateName": "named"})
    iot.describe_ca_certificate(certificateId=named["certificateId"])
    only_sni, _ = certificates.make("three", 3650, ca=True)
    iot.register_ca_certificate(caCertificate=only_sni, certificateMode="SNI_ONLY")
    iot.describe_ca_certificate(certificateId=ca["certificateId"])
    pages(iot, "list_ca_certificates")
    iot.update_ca_certificate(certificateId=ca["certificateId"], registrationConfig=template, newAutoRegistrationStatus="DISABLE")
    iot.update_ca_certificate(certificateId=ca["certificateId"], newStatus="INACTIVE")
    iot.delete_ca_certificate(certificateId=ca["certificateId"])
    iot.delete_registration_code()


def provisioning(stage):
    iot = stage.iot
    hook = {"payloadVersion": "2020-04-01", "targetArn": "arn:aws:lambda:us-east-1:123456789012:function:hook"}
    for name in ("a", "b", "c"):
        iot.create_provisioning_template(
            templateName=name, description="d", templateBody=JITP, enabled=True, provisioningRoleArn=ROLE, preProvisioningHook=hook, tags=TAGS
        )
    iot.create_provisioning_template_version(templateName="a", templateBody=JITP)
    iot.create_provisioning_template_version(templateName="a", templateBody=JITP, setAsDefault=True)
    iot.describe_provisioning_template(templateName="a")
    iot.describe_provisioning_template_version(templateName="a", versionId=2)
    pages(iot, "list_provisioning_templates")
    pages(iot, "list_provisioning_template_versions", templateName="a")
    iot.update_provisioning_template(templateName="a", description="e", removePreProvisioningHook=True)
    iot.create_provisioning_claim(templateName="a")
    request, _ = certificates.csr("provisioned")
    resources = {
        "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": "provisioned"}},
        "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateSigningRequest": {"Ref": "CSR"}}},
    }
    body = json.dumps({"Parameters": {"CSR": {"Type": "String"}}, "Resources": resources})
    iot.register_thing(templateBody=body, parameters={"CSR": request})
    iot.delete_provisioning_template_version(templateName="a", versionId=1)
    iot.delete_provisioning_template(templateName="a")


def policies(stage):
    iot = stage.iot
    for name in ("a", "b", "c"):
        iot.create_policy(policyName=name, policyDocument=POLICY, tags=TAGS)
    iot.create_policy_version(policyName="a", policyDocument=POLICY, setAsDefault=True)
    iot.get_policy(policyName="a")
    iot.get_policy_version(policyName="a", policyVersionId="1")
    iot.list_policy_versions(policyName="a")
    pages(iot, "list_policies")
    iot.set_default_policy_version(policyName="a", policyVersionId="1")
    iot.delete_policy_version(policyName="a", policyVersionId="2")
    iot.delete_policy(policyName="a")


def policy_attachments(stage):
    iot = stage.iot
    principals = [registered(iot, subject)["certificateArn"] for subject in ("a", "b", "c")]
    denying = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "iot:Publish", "Resource": "*"}}
    for name, document in (("a", POLICY), ("b", json.dumps(denying)), ("c", POLICY)):
        iot.create_policy(policyName=name, policyDocument=document)
        iot.attach_policy(policyName=name, target=principals[0])
    for principal in principals[1:]:
        iot.attach_principal_policy(policyName="a", principal=principal)
    iot.get_effective_policies(principal=principals[0])
    pages(iot, "list_attached_policies", target=principals[0])
    pages(iot, "list_targets_for_policy", policyName="a")
    pages(iot, "list_policy_principals", policyName="a")
    pages(iot, "list_principal_policies", principal=principals[0])
    topic = stage.arn("topic/t")
    asked = [{"actionType": action, "resources": [topic]} for action in ("PUBLISH", "RECEIVE")]
    iot.test_authorization(principal=principals[0], authInfos=asked, clientId="c")
    iot.test_authorization(principal=principals[0], authInfos=asked, policyNamesToSkip=["a", "b", "c"])
    bound = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iot:Publish", "Resource": "*", "Condition": {"Bool": {"iot:Connection.Thing.IsAttached": "true"}}}}
    iot.create_policy(policyName="bound", policyDocument=json.dumps(bound))
    iot.test_authorization(principal=principals[0], authInfos=asked, policyNamesToAdd=["bound"], policyNamesToSkip=["a", "b", "c"])
    iot.detach_policy(policyName="b", target=principals[0])
    iot.detach_principal_policy(policyName="c", principal=principals[0])


def role_aliases(stage):
    iot = stage.iot
    for name in ("a", "b", "c"):
        iot.create_role_alias(roleAlias=name, roleArn=ROLE, credentialDurationSeconds=3600, tags=TAGS)
    iot.describe_role_alias(roleAlias="a")
    pages(iot, "list_role_aliases")
    iot.update_role_alias(roleAlias="a", credentialDurationSeconds=900)
    iot.delete_role_alias(roleAlias="a")


def authorizers(stage):
    iot = stage.iot
    signer = functions.Signer()
    signed = {"tokenKeyName": "token", "tokenSigningPublicKeys": {"first": signer.pem}, "enableCachingForHttp": True}
    for name in ("a", "b", "c"):
        iot.create_authorizer(authorizerName=name, authorizerFunctionArn=functions.ARN, status="ACTIVE", tags=TAGS, **signed)
    iot.describe_authorizer(authorizerName="a")
    pages(iot, "list_authorizers")
    iot.set_default_authorizer(authorizerName="a")
    iot.describe_default_authorizer()
    iot.test_invoke_authorizer(authorizerName="a", token="t", tokenSignature=signer.sign("t"))
    iot.clear_default_authorizer()
    iot.update_authorizer(authorizerName="a", status="INACTIVE")
    iot.delete_authorizer(authorizerName="a")


def logging(stage):
    iot = stage.iot
    iot.set_logging_options(loggingOptionsPayload={"roleArn": ROLE, "logLevel": "INFO"})
    iot.get_logging_options()
    events = [{"eventType": "Publish-In", "logLevel": "WARN", "logDestination": "group"}]
    iot.set_v2_logging_options(roleArn=ROLE, defaultLogLevel="ERROR", disableAllLogs=False, eventConfigurations=events)
    iot.get_v2_logging_options(verbose=True)
    for name in ("a", "b", "c"):
        iot.create_thing_group(thingGroupName=name)
        iot.set_v2_logging_level(logTarget={"targetType": "THING_GROUP", "targetName": name}, logLevel="DEBUG")
    pages(iot, "list_v2_logging_levels", targetType="THING_GROUP")
    iot.delete_v2_logging_level(targetType="THING_GROUP", targetName="a")


def endpoints(stage):
    for kind in ("iot:Data-ATS", "iot:Jobs", "iot:CredentialProvider"):
        stage.iot.describe_endpoint(endpointType=kind)


def tags(stage):
    iot = stage.iot
    resource = iot.create_thing_group(thingGroupName="g")["thingGroupArn"]
    iot.tag_resource(resourceArn=resource, tags=TAGS)
    iot.list_tags_for_resource(resourceArn=resource)
    iot.untag_resource(resourceArn=resource, tagKeys=["team"])


def event_configurations(stage):
    stage.iot.update_event_configurations(eventConfigurations={"THING": {"Enabled": True}})
    stage.iot.describe_event_configurations()


def domain_configurations(stage):
    iot = stage.iot
    certificate = f"arn:aws:acm:{iot.meta.region_name}:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"
    function = f"arn:aws:lambda:{iot.meta.region_name}:{ACCOUNT}:function:f"
    options = {
        "authorizerConfig": {"defaultAuthorizerName": "own", "allowAuthorizerOverride": True},
        "tlsConfig": {"securityPolicy": "IoTSecurityPolicy_TLS13_1_2_2022_10"},
        "serverCertificateConfig": {"enableOCSPCheck": True, "ocspLambdaArn": function, "ocspAuthorizedResponderArn": certificate},
        "authenticationType": "CUSTOM_AUTH",
        "applicationProtocol": "MQTT_WSS",
        "clientCertificateConfig": {"clientCertificateCallbackArn": function},
    }
    iot.create_domain_configuration(domainConfigurationName="a", domainName="iot.example.com", serverCertificateArns=[certificate], tags=TAGS, **options)
    for name in ("b", "c"):
        iot.create_domain_configuration(domainConfigurationName=name)
    iot.describe_domain_configuration(domainConfigurationName="a")
    pages(iot, "list_domain_configurations")
    iot.update_domain_configuration(domainConfigurationName="b", domainConfigurationStatus="DISABLED")
    iot.delete_domain_configuration(domainConfigurationName="b")


def indexing(stage):
    iot = stage.iot
    iot.update_indexing_configuration(
        thingIndexingConfiguration={
            "thingIndexingMode": "REGISTRY_AND_SHADOW",
            "thingConnectivityIndexingMode": "STATUS",
            "deviceDefenderIndexingMode": "VIOLATIONS",
            "namedShadowIndexingMode": "ON",
            "customFields": [{"name": "attributes.size", "type": "Number"}],
            "filter": {"namedShadowNames": ["s"], "geoLocations": [{"name": "shadow.place", "order": "LatLon"}]},
        },
        thingGroupIndexingConfiguration={"thingGroupIndexingMode": "ON", "customFields": [{"name": "attributes.size", "type": "Number"}]},
    )
    iot.get_indexing_configuration()


def audit(stage):
    iot = stage.iot
    for name in ("a", "b", "c"):
        iot.create_policy(policyName=name, policyDocument=POLICY)
    registered(iot, "ending", days=5)
    iam = stage.server.client("iam")
    trust = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "credentials.iot.amazonaws.com"}, "Action": "sts:AssumeRole"}}
    role = iam.create_role(RoleName="Answers", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}}
    iam.put_role_policy(RoleName="Answers", PolicyName="all", PolicyDocument=json.dumps(everything))
    iot.create_role_alias(roleAlias="all", roleArn=role)
    target = {"SNS": {"targetArn": f"arn:aws:sns:{iot.meta.region_name}:{ACCOUNT}:t", "roleArn": ROLE, "enabled": True}}
    checks = (audits.PERMISSIVE_CHECK, audits.EXPIRING_CHECK, "CONFLICTING_CLIENT_IDS_CHECK", "IOT_ROLE_ALIAS_OVERLY_PERMISSIVE_CHECK")
    configured = {check: {"enabled": True} for check in checks}
    configured[audits.EXPIRING_CHECK]["configuration"] = {"CERT_EXPIRATION_THRESHOLD_IN_DAYS": "60"}
    iot.update_account_audit_configuration(roleArn=ROLE, auditNotificationTargetConfigurations=target, auditCheckConfigurations=configured)
    iot.describe_account_audit_configuration()
    for _ in range(3):
        task, _ = audits.run(iot, *checks)
    found = audits.findings(iot, taskId=task)
    for finding in found:
        iot.describe_audit_finding(findingId=finding["findingId"])
        iot.list_related_resources_for_audit_finding(findingId=finding["findingId"])
    pages(iot, "list_audit_findings", taskId=task)
    hour = datetime.timedelta(hours=1)
    pages(iot, "list_audit_tasks", startTime=certificates.now() - hour, endTime=certificates.now() + hour)
    canceled(iot, checks)
    iot.delete_account_audit_configuration(deleteScheduledAudits=True)


def canceled(iot, checks):
    """Cancels an audit; one that has ended before it could be is tried again."""
    for _ in range(50):
        running = iot.start_on_demand_audit_task(targetCheckNames=list(checks))["taskId"]
        try:
            return iot.cancel_audit_task(taskId=running)
        except iot.exceptions.InvalidRequestException:
            assert iot.describe_audit_task(taskId=running)["taskStatus"] == "COMPLETED"
    raise AssertionError("no audit ran long enough to be canceled")


def scheduled_audits(stage):
    iot = stage.iot
    audits.enable(iot, audits.PERMISSIVE_CHECK)
    for name, when in (("d", {"frequency": "DAILY"}), ("m", {"frequency": "MONTHLY", "dayOfMonth": "LAST"}), ("w", {"frequency": "WEEKLY", "dayOfWeek": "MON"})):
        iot.create_scheduled_audit(scheduledAuditName=name, targetCheckNames=[audits.PERMISSIVE_CHECK], tags=TAGS, **when)
        iot.describe_scheduled_audit(scheduledAuditName=name)
    iot.update_scheduled_audit(scheduledAuditName="d", frequency="BIWEEKLY", dayOfWeek="SUN")
    pages(iot, "list_scheduled_audits")
    iot.delete_scheduled_audit(scheduledAuditName="d")


def suppressions(stage):
    iot = stage.iot
    soon = certificates.now() + datetime.timedelta(days=30)
    resource = {"policyVersionIdentifier": {"policyName": "a", "policyVersionId": "1"}}
    iot.create_audit_suppression(checkName=audits.PERMISSIVE_CHECK, resourceIdentifier=resource, expirationDate=soon, description="known")
    for number in range(2):
        identifier = {"deviceCertificateId": f"{number:064x}"}
        iot.create_audit_suppression(checkName=audits.EXPIRING_CHECK, resourceIdentifier=identifier, suppressIndefinitely=True)
    iot.describe_audit_suppression(checkName=audits.PERMISSIVE_CHECK, resourceIdentifier=resource)
    pages(iot, "list_audit_suppressions")
    iot.update_audit_suppression(checkName=audits.PERMISSIVE_CHECK, resourceIdentifier=resource, description="still known")
    iot.delete_audit_suppression(checkName=audits.PERMISSIVE_CHECK, resourceIdentifier=resource)


def mitigation(stage):
    iot = stage.iot
    role = mitigation_tasks.role(stage.server, "Mitigate", "*")
    topic = f"arn:aws:sns:{iot.meta.region_name}:{ACCOUNT}:t"
    for name, params in mitigation_tasks.parameters(topic).items():
        iot.create_mitigation_action(actionName=name, roleArn=role, actionParams=params, tags=TAGS)
        iot.describe_mitigation_action(actionName=name)
    iot.update_mitigation_action(actionName="tell", roleArn=role)
    pages(iot, "list_mitigation_actions")
    registered(iot, "ending", days=5)
    iot.create_policy(policyName="open", policyDocument=POLICY)
    audits.enable(iot, audits.PERMISSIVE_CHECK, audits.EXPIRING_CHECK)
    task, _ = audits.run(iot, audits.PERMISSIVE_CHECK, audits.EXPIRING_CHECK)
    finding = audits.findings(iot, taskId=task, checkName=audits.EXPIRING_CHECK)[0]["findingId"]
    mapping = {
        audits.EXPIRING_CHECK: ["tell", "join", "deactivate"],
        audits.PERMISSIVE_CHECK: ["blank"],
        "CA_CERTIFICATE_EXPIRING_CHECK": ["deactivate-ca"],
        "LOGGING_DISABLED_CHECK": ["log"],
    }
    codes = {audits.EXPIRING_CHECK: ["CERTIFICATE_APPROACHING_EXPIRATION"]}
    for name, target in (
        ("all", {"auditTaskId": task}),
        ("filtered", {"auditTaskId": task, "auditCheckToReasonCodeFilter": codes}),
        ("one", {"findingIds": [finding]}),
    ):
        mitigation_tasks.run(iot, name, target, mapping)
    # The group that things are to join is not there.
    iot.update_mitigation_action(actionName="join", actionParams={"addThingsToThingGroupParams": {"thingGroupNames": ["no-such"]}})
    iot.create_thing(thingName="thing")
    certificate = iot.list_certificates()["certificates"][0]["certificateArn"]
    iot.attach_thing_principal(thingName="thing", principal=certificate)
    mitigation_tasks.run(iot, "failing", {"findingIds": [finding]}, mapping)
    pages(iot, "list_audit_mitigation_actions_executions", taskId="failing", findingId=finding)
    hour = datetime.timedelta(hours=1)
    pages(iot, "list_audit_mitigation_actions_tasks", startTime=certificates.now() - hour, endTime=certificates.now() + hour)
    mitigation_tasks.canceled(iot, {"auditTaskId": task}, mapping)
    iot.delete_mitigation_action(actionName="tell")


OF = {
    story.__name__.rstrip("_"): story
    for story in (
        things, thing_types, thing_groups, billing_groups, certificates_, ca_certificates, provisioning, policies, policy_attachments, role_aliases,
        authorizers, logging, endpoints, tags, event_configurations, domain_configurations, indexing, audit, scheduled_audits, suppressions,
        mitigation,
    )
}
