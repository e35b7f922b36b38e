"""Certificates through boto3: made, registered, shown, handed over, deleted; and the CAs behind them."""

import hashlib

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import serialization

import certificates
from serving import ACCOUNT, REGION, Server

OTHER_ACCOUNT = "210987654321"
END = "2049-12-31T23:59:59+00:00"


def code_of(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def register(iot, pem, **options):
    return iot.register_certificate_without_ca(certificatePem=pem, **options)["certificateId"]


def register_ca(iot, subject, **options):
    pem, key = certificates.make(subject, 3650, ca=True)
    code = iot.get_registration_code()["registrationCode"]
    proof, _ = certificates.make(code, 1, issuer=(subject, key))
    answer = iot.register_ca_certificate(caCertificate=pem, verificationCertificate=proof, **options)
    return answer["certificateId"], (subject, key), pem


def test_the_key_pair_belongs_to_the_certificate(server, iot):
    made = iot.create_keys_and_certificate(setAsActive=True)
    certificate = x509.load_pem_x509_certificate(made["certificatePem"].encode())
    key = serialization.load_pem_private_key(made["keyPair"]["PrivateKey"].encode(), None)
    assert made["keyPair"]["PrivateKey"].startswith("-----BEGIN RSA PRIVATE KEY-----") and key.key_size == 2048
    assert certificate.public_key().public_numbers() == key.public_key().public_numbers()
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    assert made["keyPair"]["PublicKey"].encode() == key.public_key().public_bytes(serialization.Encoding.PEM, spki)
    assert made["certificateId"] == hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
    assert made["certificateArn"] == f"arn:aws:iot:{REGION}:{ACCOUNT}:cert/{made['certificateId']}"
    assert certificate.not_valid_after_utc.isoformat() == END
    authority = x509.load_pem_x509_certificate((server.folder / "data/ca/certificate.pem").read_bytes())
    certificate.verify_directly_issued_by(authority)
    secret = made["keyPair"]["PrivateKey"].splitlines()[1].encode()
    for path in (server.folder / "data").rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes(), path
    assert secret.decode() not in server.log_text()


def test_a_request_keeps_its_subject_and_key(iot):
    request, key = certificates.csr("press 7")
    made = iot.create_certificate_from_csr(certificateSigningRequest=request)
    certificate = x509.load_pem_x509_certificate(made["certificatePem"].encode())
    assert certificate.subject == certificates.name("press 7")
    assert certificate.public_key().public_numbers() == key.public_key().public_numbers()
    again = iot.create_certificate_from_csr(certificateSigningRequest=request)
    assert again["certificateId"] != made["certificateId"]
    described = iot.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]
    assert (described["status"], described["ownedBy"], described["customerVersion"]) == ("INACTIVE", ACCOUNT, 1)
    assert described["validity"]["notAfter"] == certificate.not_valid_after_utc


def test_a_duplicate_names_what_is_there(iot):
    pem, _ = certificates.make("twice", 100)
    identifier = register(iot, pem)
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException) as refused:
        iot.register_certificate_without_ca(certificatePem=pem)
    assert refused.value.response["resourceId"] == identifier
    assert refused.value.response["resourceArn"].endswith(f"cert/{identifier}")


def test_statuses(iot):
    identifier = register(iot, certificates.make("status", 100)[0], status="ACTIVE")
    for status in ("PENDING_TRANSFER", "PENDING_ACTIVATION", "REGISTER_INACTIVE"):
        assert code_of(iot.update_certificate, certificateId=identifier, newStatus=status) == "InvalidRequestException"
    assert code_of(iot.delete_certificate, certificateId=identifier, forceDelete=True) == "CertificateStateException"
    iot.update_certificate(certificateId=identifier, newStatus="REVOKED")
    assert code_of(iot.update_certificate, certificateId=identifier, newStatus="ACTIVE") == "CertificateStateException"
    iot.delete_certificate(certificateId=identifier)
    assert code_of(iot.describe_certificate, certificateId=identifier) == "ResourceNotFoundException"


def test_listings_page_in_both_directions(server):
    iot = server.client(region="eu-west-1")
    made = [register(iot, certificates.make(f"listed {number}", 100)[0]) for number in range(7)]
    paginator = iot.get_paginator("list_certificates")
    for ascending, expected in ((True, made), (False, made[::-1])):
        pages = paginator.paginate(ascendingOrder=ascending, PaginationConfig={"PageSize": 3})
        assert [found["certificateId"] for page in pages for found in page["certificates"]] == expected


def test_a_ca_is_registered_with_proof_and_vouches_for_its_certificates(iot):
    ca_id, issuer, ca_pem = register_ca(iot, "Plant CA", setAsActive=True, tags=[{"Key": "plant", "Value": "2"}])
    described = iot.describe_ca_certificate(certificateId=ca_id)["certificateDescription"]
    assert (described["status"], described["certificateMode"]) == ("ACTIVE", "DEFAULT")
    assert described["certificatePem"] == ca_pem and ca_id == certificates.certificate_id(ca_pem)
    tags = iot.list_tags_for_resource(resourceArn=described["certificateArn"])["tags"]
    assert tags == [{"Key": "plant", "Value": "2"}]
    pem, _ = certificates.make("device", 100, issuer=issuer)
    device = iot.register_certificate(certificatePem=pem, caCertificatePem=ca_pem, setAsActive=True)["certificateId"]
    shown = iot.describe_certificate(certificateId=device)["certificateDescription"]
    assert (shown["caCertificateId"], shown["status"]) == (ca_id, "ACTIVE")
    listed = iot.list_certificates_by_ca(caCertificateId=ca_id)["certificates"]
    assert [found["certificateId"] for found in listed] == [device]
    assert code_of(iot.delete_ca_certificate, certificateId=ca_id) == "CertificateStateException"
    iot.update_ca_certificate(certificateId=ca_id, newStatus="INACTIVE", newAutoRegistrationStatus="ENABLE")
    other, _ = certificates.make("late device", 100, issuer=issuer)
    assert code_of(iot.register_certificate, certificatePem=other) == "CertificateStateException"
    iot.delete_ca_certificate(certificateId=ca_id)
    assert iot.describe_certificate(certificateId=device)["certificateDescription"]["status"] == "ACTIVE"


def test_a_wrong_proof_is_refused(iot):
    pem, key = certificates.make("Doubtful CA", 3650, ca=True)
    iot.get_registration_code()
    wrong_code, _ = certificates.make("0" * 64, 1, issuer=("Doubtful CA", key))
    refused = code_of(iot.register_ca_certificate, caCertificate=pem, verificationCertificate=wrong_code)
    assert refused == "RegistrationCodeValidationException"
    code = iot.get_registration_code()["registrationCode"]
    by_another, _ = certificates.make(code, 1, issuer=("Doubtful CA", certificates.make("x", 1)[1]))
    refused = code_of(iot.register_ca_certificate, caCertificate=pem, verificationCertificate=by_another)
    assert refused == "CertificateValidationException"
    assert code_of(iot.register_ca_certificate, caCertificate=pem) == "InvalidRequestException"
    device, _ = certificates.make("device", 10)
    refused = code_of(iot.register_ca_certificate, caCertificate=device, certificateMode="SNI_ONLY")
    assert refused == "CertificateValidationException"
    stranger, _ = certificates.make("device", 10, issuer=("Doubtful CA", key))
    assert code_of(iot.register_certificate, certificatePem=stranger) == "CertificateValidationException"


def test_a_certificate_changes_hands(tmp_path):
    server = Server(tmp_path, environment={"THINGWARDEN_ACCOUNTS__ADDITIONAL": OTHER_ACCOUNT})
    try:
        sender, receiver = server.client(), server.client(**server.credentials(OTHER_ACCOUNT))
        identifier = register(sender, certificates.make("traveller", 100)[0])
        send = {"certificateId": identifier, "targetAwsAccount": OTHER_ACCOUNT}
        assert code_of(sender.transfer_certificate, certificateId=identifier, targetAwsAccount="999999999999") == "InvalidRequestException"
        sender.transfer_certificate(**send, transferMessage="first try")
        receiver.reject_certificate_transfer(certificateId=identifier, rejectReason="not ours")
        data = sender.describe_certificate(certificateId=identifier)["certificateDescription"]["transferData"]
        assert (data["transferMessage"], data["rejectReason"]) == ("first try", "not ours")
        arn = sender.transfer_certificate(**send)["transferredCertificateArn"]
        assert arn == f"arn:aws:iot:{REGION}:{OTHER_ACCOUNT}:cert/{identifier}"
        outgoing = sender.list_outgoing_certificates()["outgoingCertificates"]
        assert [(found["certificateId"], found["transferredTo"]) for found in outgoing] == [(identifier, OTHER_ACCOUNT)]
        receiver.accept_certificate_transfer(certificateId=identifier, setAsActive=True)
        shown = receiver.describe_certificate(certificateId=identifier)["certificateDescription"]
        assert (shown["status"], shown["ownedBy"], shown["previousOwnedBy"]) == ("ACTIVE", OTHER_ACCOUNT, ACCOUNT)
        assert code_of(sender.describe_certificate, certificateId=identifier) == "ResourceNotFoundException"
        assert code_of(sender.cancel_certificate_transfer, certificateId=identifier) == "TransferAlreadyCompletedException"
    finally:
        assert server.stop() == 0, server.log_text()


def test_the_authority_can_be_supplied(tmp_path):
    pem, key = certificates.make("Own Authority", 3650, ca=True)
    (tmp_path / "ca.pem").write_text(pem)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "ca.key").write_bytes(private)
    (tmp_path / "ca.key").chmod(0o600)
    server = Server(tmp_path, "--ca-cert", tmp_path / "ca.pem", "--ca-key", tmp_path / "ca.key")
    try:
        made = server.client().create_keys_and_certificate()
        issued = x509.load_pem_x509_certificate(made["certificatePem"].encode())
        issued.verify_directly_issued_by(x509.load_pem_x509_certificate(pem.encode()))
    finally:
        assert server.stop() == 0, server.log_text()
