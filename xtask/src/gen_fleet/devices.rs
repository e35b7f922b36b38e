//! Devices: their certificates, things, and what the log says of them; made in chunks that do not depend on each other.

use std::fmt::Write;

use super::certificates::{Authority, Wanted, ec_key, id_of, key_id, rsa_key};
use super::der;
use super::p256::{Curve, PrivateKey};
use super::random::Random;
use super::rsa;

pub const CHUNK: u64 = 4096;
const DAY: i64 = 86_400;

/// What all chunks share.
#[derive(Debug)]
pub struct Plan {
    pub seed: u64,
    pub devices: u64,
    pub rsa_keys: u64,
    pub now: i64,
    pub account: &'static str,
    pub region: &'static str,
    pub authorities: Vec<Authority>,
    pub curve: Curve,
    pub keys: PrivateKey,
    pub nonces: PrivateKey,
}

/// Text and facts of one chunk.
#[derive(Debug, Default)]
pub struct Chunk {
    /// One DescribeCertificate answer a line.
    pub certificates: String,
    /// Elements of ListThings with commas between them.
    pub things: String,
    /// One merged ListThingPrincipals answer a line.
    pub principals: String,
    /// One log record a line.
    pub log: String,
    pub ids: Vec<String>,
    /// Authority, serial number and time.
    pub revoked: Vec<(usize, [u8; 16], i64)>,
}

impl Plan {
    pub fn arn(&self, resource: &str) -> String {
        format!("arn:aws:iot:{}:{}:{resource}", self.region, self.account)
    }

    /// The RSA devices are spread evenly.
    fn has_rsa_key(&self, device: u64) -> bool {
        let spread = self.devices.checked_div(self.rsa_keys.min(self.devices)).unwrap_or(0);
        spread > 0 && device.is_multiple_of(spread) && device / spread < self.rsa_keys
    }

    pub fn chunk(&self, number: u64) -> Chunk {
        let start = number * CHUNK;
        let mut chunk = Chunk::default();
        let mut keys = self.curve.walk(&self.keys, start);
        let mut nonces = self.curve.walk(&self.nonces, start);
        for device in start..self.devices.min(start + CHUNK) {
            let mut random = Random::of(self.seed, 1, device);
            let (public, id_source) = if self.has_rsa_key(device) {
                let modulus = rsa::modulus(&mut Random::of(self.seed, 2, device));
                (rsa_key(&modulus), modulus)
            } else {
                let point = keys.public_key();
                (ec_key(&point), point)
            };
            self.device(device, public, &key_id(&id_source), &nonces, &mut random, &mut chunk);
            keys.step();
            nonces.step();
        }
        chunk
    }

    fn device(
        &self,
        device: u64,
        key: Vec<u8>,
        key_id: &[u8],
        nonce: &super::p256::Walk<'_>,
        random: &mut Random,
        chunk: &mut Chunk,
    ) {
        let name = format!("device-{device:07}");
        let issuer = usize::try_from(random.below(self.authorities.len() as u64)).unwrap_or(0);
        let Some(authority) = self.authorities.get(issuer) else { return };
        let age = days(random, 1, 900);
        // Most live for years; some are about to end, some have ended.
        let left = match random.below(1000) {
            0..10 => -days(random, 1, 200),
            10..30 => days(random, 1, 29),
            _ => days(random, 200, 4000),
        };
        let (not_before, not_after) = (self.now - age - DAY, (self.now + left).max(self.now - age));
        let serial = serial(random);
        let url = format!("http://crl.fleet.example/{}.crl", authority.file);
        let wanted = Wanted {
            common_name: &name,
            serial,
            not_before,
            not_after,
            key,
            is_ca: false,
            distribution_point: (issuer == 0).then_some(url.as_str()),
        };
        let der = authority.certify(&self.curve, nonce, &wanted, key_id);
        let id = id_of(&der);
        let status = match random.below(1000) {
            0..15 => "INACTIVE",
            15..20 => "REVOKED",
            20..22 => "PENDING_TRANSFER",
            _ => "ACTIVE",
        };
        if status == "REVOKED" || random.once_in(2000) {
            chunk.revoked.push((issuer, serial, self.now - days(random, 2, 300)));
        }
        let (created, arn) = (self.now - age, self.arn(&format!("cert/{id}")));
        let pem = der::pem("CERTIFICATE", &der, "\\n");
        // Writing to a string cannot fail.
        let _ = writeln!(
            chunk.certificates,
            "{{\"certificateDescription\":{{\"certificateArn\":\"{arn}\",\"certificateId\":\"{id}\",\
             \"caCertificateId\":\"{}\",\"status\":\"{status}\",\"certificatePem\":\"{pem}\",\
             \"ownedBy\":\"{}\",\"creationDate\":{created}.125,\"lastModifiedDate\":{created}.125,\
             \"customerVersion\":1,\"transferData\":{{}},\"generationId\":\"{:016x}\",\
             \"validity\":{{\"notBefore\":{not_before}.0,\"notAfter\":{not_after}.0}},\"certificateMode\":\"DEFAULT\"}}}}",
            authority.id,
            self.account,
            random.next(),
        );
        let comma = if chunk.things.is_empty() { "" } else { ",\n" };
        let _ = write!(
            chunk.things,
            "{comma}{{\"thingName\":\"{name}\",\"thingTypeName\":\"sensor\",\"thingArn\":\"{}\",\
             \"attributes\":{{\"model\":\"m{}\",\"site\":\"s{}\"}},\"version\":1}}",
            self.arn(&format!("thing/{name}")),
            random.below(7),
            random.below(500),
        );
        let _ = writeln!(chunk.principals, "{{\"thingName\":\"{name}\",\"principals\":[\"{arn}\"]}}");
        if status == "ACTIVE" && random.once_in(10) {
            self.log(device, &name, &id, random, chunk);
        }
        chunk.ids.push(id);
    }

    /// A revoked certificate of a device that is gone: its authority, serial number and the time of its revocation.
    pub fn retired(&self, device: u64) -> (usize, [u8; 16], i64) {
        let mut random = Random::of(self.seed, 4, device);
        let issuer = usize::try_from(random.below(self.authorities.len() as u64)).unwrap_or(0);
        (issuer, serial(&mut random), self.now - days(&mut random, 2, 300))
    }

    /// A session or two; some devices get into each other's way, some share a certificate.
    fn log(&self, device: u64, name: &str, id: &str, random: &mut Random, chunk: &mut Chunk) {
        let start = self.now - days(random, 1, 28);
        let ip = format!("198.51.{}.{}", device / 256 % 100, device % 256);
        let mut line = |seconds: i64, status: &str, kind: &str, client: &str, more: &str| {
            let [year, month, day, hour, minute, second] = der::civil(start + seconds);
            let _ = writeln!(
                chunk.log,
                "{{\"timestamp\":\"{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.105\",\
                 \"logLevel\":\"{}\",\"traceId\":\"00000000-0000-4000-8000-{device:012x}\",\"accountId\":\"{}\",\
                 \"status\":\"{status}\",\"eventType\":\"{kind}\",\"protocol\":\"MQTT\",\"clientId\":\"{client}\",\
                 \"principalId\":\"{id}\",\"sourceIp\":\"{ip}\",\"sourcePort\":{}{more}}}",
                if status == "Success" { "INFO" } else { "ERROR" },
                self.account,
                40_000 + device % 20_000,
            );
        };
        line(0, "Success", "Connect", name, "");
        match random.below(500) {
            0..2 => {
                let reason = ",\"reason\":\"DUPLICATE_CLIENT_ID\",\
                              \"details\":\"A new connection was established with the same client ID\"";
                line(600, "Success", "Connect", name, "");
                line(601, "Failure", "Disconnect", name, reason);
            }
            2 => line(900, "Success", "Connect", &format!("{name}-clone"), ""),
            _ => line(
                7200,
                "Success",
                "Disconnect",
                name,
                ",\"disconnectReason\":\"CLIENT_INITIATED_DISCONNECT\"",
            ),
        }
    }
}

/// Positive, and as long as all others.
fn serial(random: &mut Random) -> [u8; 16] {
    let mut serial = random.bytes::<16>();
    serial.first_mut().into_iter().for_each(|byte| *byte = *byte & 0x3f | 0x40);
    serial
}

/// Seconds in a number of days within a range.
fn days(random: &mut Random, from: u64, to: u64) -> i64 {
    let whole = from + random.below(to - from);
    i64::try_from(whole).unwrap_or(0) * DAY + i64::try_from(random.below(86_400)).unwrap_or(0)
}
