//! The table of the server's settings: each key once, with its type, default, range, unit and meaning.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::value::{
    AccountId, BaseUrl, FailOn, GroupName, HostPort, KeyType, Kind, LogFormat, LogLevel, Loopback, Mailbox,
    Region, SmtpTls, TagText, Value,
};
use crate::egress::Network;

/// One key, as documentation and messages need it.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) section: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) default: &'static str,
    /// Of numbers: `seconds`, `bytes`; else empty.
    pub(crate) unit: &'static str,
    pub(crate) about: &'static str,
    /// Says what would be acceptable, when a text is not.
    pub(super) check: fn(&str) -> Result<(), String>,
}

impl Key {
    /// `server.listen`
    pub(crate) fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// `THINGWARDEN_SERVER__LISTEN`
    pub(crate) fn variable(&self) -> String {
        format!("THINGWARDEN_{}__{}", self.section.to_uppercase(), self.name.to_uppercase())
    }
}

/// `key: type = default (in range)?, unit, meaning;` in sections.
macro_rules! settings {
    ($($(#[$section_doc:meta])* $section:ident: $Section:ident {
        $($key:ident: $type:ty = $default:literal $(in $range:expr)?, $unit:literal, $about:literal;)*
    })*) => {
        /// All settings of the server.
        #[derive(Clone, Debug)]
        pub(crate) struct Settings { $($(#[$section_doc])* pub(crate) $section: $Section),* }

        $(
            $(#[$section_doc])*
            #[derive(Clone, Debug)]
            pub(crate) struct $Section { $(#[doc = $about] pub(crate) $key: $type),* }
        )*

        /// Every key, in the order of the table.
        pub(crate) const KEYS: &[Key] = &[$($(Key {
            section: stringify!($section),
            name: stringify!($key),
            kind: <$type as Value>::KIND,
            default: $default,
            unit: $unit,
            about: $about,
            check: |text| {
                let is_good = <$type as Value>::parse(text).is_some_and(|_value| true $(&& ($range).contains(&_value))?);
                let expected = [
                    <$type as Value>::EXPECTED.to_owned(),
                    $(format!(" from {} to {}", ($range).start(), ($range).end()))?
                ];
                if is_good { Ok(()) } else { Err(expected.concat()) }
            },
        }),*),*];

        impl Settings {
            /// Makes settings of one text for each key of [`KEYS`], in that order; `None` when one does not fit.
            pub(super) fn from_texts<'a>(mut texts: impl Iterator<Item = &'a str>) -> Option<Self> {
                Some(Self { $($section: $Section { $($key: Value::parse(texts.next()?)?),* }),* })
            }
        }
    };
}

settings! {
    /// Where and how the process serves.
    server: Server {
        listen: SocketAddr = "127.0.0.1:8080", "", "Where the API listens. Port 0 takes a free port, which the ready line names.";
        data: PathBuf = "./thingwarden-data", "", "Folder of everything that the server remembers; made when absent.";
        account_id: AccountId = "000000000000", "", "The account that the server answers for.";
        region: Region = "us-east-1", "", "The region that clients use which take theirs from the file of root credentials, and that `import` and `demo` fill. Requests say theirs in their signature.";
        tls_cert: Option<PathBuf> = "", "", "Certificate chain in PEM, the server's own first. Given with `tls_key`, the API speaks HTTPS only; SIGHUP reads both again.";
        tls_key: Option<PathBuf> = "", "", "Private key in PEM that belongs to `tls_cert`.";
        log_format: LogFormat = "text", "", "Log lines for people, or one JSON object per line.";
        log_level: LogLevel = "info", "", "The least important lines that are logged: error, warn, info, debug or trace.";
        workers: usize = "0" in 0..=1024, "threads", "Threads that serve requests; 0 is one per processor.";
    }
    /// Who else lives on this server.
    accounts: Accounts {
        additional: Vec<AccountId> = "", "", "Further accounts that the server answers for, each with root credentials of its own.";
    }
    /// The server's own certificate authority.
    pki: Pki {
        ca_cert: Option<PathBuf> = "", "", "Certificate in PEM of the authority that issues device certificates. Without it, one is made at first start.";
        ca_key: Option<PathBuf> = "", "", "Private key in PEM that belongs to `ca_cert`.";
        key_type: KeyType = "rsa-2048", "", "Keys of the server's own authority and of CreateKeysAndCertificate: rsa-2048, as AWS makes them, or ecdsa-p256.";
    }
    /// The broker that devices connect to.
    mqtt: Mqtt {
        listen: Vec<SocketAddr> = "", "", "Where devices connect with MQTT over TLS, for example 0.0.0.0:8883; nowhere unless set. Port 0 takes a free port, which the ready line names.";
        plain_listen: Vec<Loopback> = "", "", "Where clients on this machine connect with MQTT without TLS, for example 127.0.0.1:1883; nowhere unless set, and never on an address that others reach. There is no certificate, so a custom authorizer or a token issuer has to vouch for whoever comes in.";
        tls_cert: Option<PathBuf> = "", "", "Certificate chain in PEM that devices are shown, the server's own first. Without it, the server's own authority issues one, and `tls/ca.pem` in its folder is what devices have to trust. SIGHUP reads it again.";
        tls_key: Option<PathBuf> = "", "", "Private key in PEM that belongs to `mqtt.tls_cert`.";
        check_revocation: bool = "false", "", "Whether a device is refused, when it connects, whose certificate a revocation list has that was imported, and whose issuer's certificate is registered. AWS IoT does not look at such lists.";
        explain_denials: bool = "false", "", "Whether clients of MQTT 5 are told which policy denied them, or that none allowed it. The log says so always.";
    }
    /// What devices did, as records of a log.
    device_logs: DeviceLogs {
        file_bytes: u64 = "16777216" in 4096..=1_073_741_824, "bytes", "Size of one file of records; then the next begins.";
        files: usize = "8" in 1..=10_000, "files", "Files that are kept for each account and region: the newest.";
        runtime_metrics_seconds: u64 = "60" in 0..=86_400, "seconds", "How often the broker's numbers of each account and region are a record (`RuntimeMetrics`), where INFO is logged; 0 is never.";
    }
    /// What devices and tools are told to connect to.
    endpoint: Endpoint {
        address: Option<HostPort> = "", "", "Answer of DescribeEndpoint: host with an optional port. Without it, the address that the API listens on.";
    }
    /// Topics, and what is delivered.
    notifications: Notifications {
        public_url: Option<BaseUrl> = "", "", "The address under which endpoints reach the server: it is in the URLs that confirm and end subscriptions and in that of the signing certificate. Without it, `endpoint.address` or the address that the API listens on.";
        allowed_networks: Vec<Network> = "", "", "Networks that endpoints of subscriptions may be in beside the public Internet. Without them, loopback, private, link-local and other addresses that are not public are refused, metadata services among them.";
        allow_private_targets: bool = "false", "", "Whether all addresses are allowed: for laptops and tests.";
        ca_bundle: Option<PathBuf> = "", "", "Certificates in PEM of authorities that outgoing TLS connections trust beside those of the system.";
        functions: BTreeMap<String, BaseUrl> = "", "", "Where Lambda functions are that are not in AWS: from a function's ARN to the URL of the runtime that invokes it. In the environment as ARN=URL,ARN=URL.";
        dead_letter_retention_days: u32 = "14" in 1..=36_500, "days", "How long deliveries that were given up are kept.";
        smtp_server: Option<HostPort> = "", "", "The mail server that mails are handed to, with its port (else 587, or 465 with `smtp_tls` tls, or 25 with none). Without it, subscriptions by email get nothing.";
        smtp_tls: SmtpTls = "starttls", "", "How the connection to it is protected: starttls, tls from the beginning, or none.";
        smtp_from: Option<Mailbox> = "", "", "Who mails are from; given with `smtp_server`.";
        smtp_user: Option<TagText> = "", "", "Name to log in with at the mail server; given with `smtp_password_file`.";
        smtp_password_file: Option<PathBuf> = "", "", "File with the password of `smtp_user`, which is read at the start.";
    }
    /// AWS's quotas and waiting times, with AWS's values; and what protects the server.
    limits: Limits {
        thing_type_deletion_delay_seconds: u64 = "300" in 0..=31_536_000, "seconds", "How long a thing type has to be deprecated before it can be deleted.";
        policy_versions: u32 = "5" in 1..=1000, "versions", "Versions of one policy.";
        policies_per_principal: u32 = "10" in 1..=1000, "policies", "Policies attached to one certificate or identity.";
        policies_per_thing_group: u32 = "2" in 1..=1000, "policies", "Policies attached to one thing group.";
        groups_per_thing: u32 = "10" in 1..=1000, "groups", "Thing groups that one thing is in.";
        thing_group_depth: u32 = "7" in 1..=100, "levels", "Levels of a hierarchy of thing groups.";
        attributes_with_type: u32 = "50" in 1..=1000, "attributes", "Attributes of a thing that has a type.";
        attributes_without_type: u32 = "3" in 1..=1000, "attributes", "Attributes of a thing without a type.";
        searchable_attributes: u32 = "3" in 1..=1000, "attributes", "Searchable attributes of one thing type.";
        tags_per_resource: u32 = "50" in 1..=1000, "tags", "Tags of one resource.";
        role_aliases: u32 = "100" in 1..=100_000, "role aliases", "Role aliases of one account and region.";
        authorizers: u32 = "10" in 1..=10_000, "authorizers", "Custom authorizers of one account and region.";
        authorizer_calls: usize = "100" in 1..=100_000, "calls", "Calls of one custom authorizer's function at the same time; further ones wait, as long as they may take.";
        authorizer_timeout_seconds: u64 = "5" in 1..=60, "seconds", "How long a custom authorizer's function may take, and a request for the keys of a token issuer.";
        authorizer_seconds_min: u32 = "300" in 1..=300, "seconds", "The least that a custom authorizer's function may answer for `disconnectAfterInSeconds` and `refreshAfterInSeconds`.";
        domain_configurations: u32 = "10" in 1..=100_000, "configurations", "Domain configurations of one account and region.";
        ca_certificates_per_subject: u32 = "10" in 1..=10_000, "certificates", "CA certificates with one subject in one account and region.";
        scheduled_audits: u32 = "5" in 1..=1000, "audits", "Scheduled audits of one account and region.";
        on_demand_audits: u32 = "10" in 1..=1000, "audits", "On-demand audits of one account and region that run at the same time.";
        mitigation_actions: u32 = "100" in 1..=10_000, "actions", "Mitigation actions of one account and region.";
        mitigation_tasks: u32 = "10" in 1..=1000, "tasks", "Tasks that mitigate audit findings, of one account and region, that run at the same time.";
        provisioning_templates: u32 = "256" in 1..=100_000, "templates", "Provisioning templates of one account and region.";
        provisioning_template_versions: u32 = "5" in 1..=1000, "versions", "Versions of one provisioning template.";
        provisioning_claim_seconds: u32 = "300" in 1..=86_400, "seconds", "How long a claim of CreateProvisioningClaim is good.";
        provisioning_token_seconds: u32 = "3600" in 1..=86_400, "seconds", "How long a device has to provision itself with the certificate that it was given; then the certificate is deleted.";
        provisioning_per_second: u32 = "10" in 0..=1_000_000, "requests", "Devices of one account and region that ask to be provisioned, or are registered as they connect, in a second; further ones are told to come again. 0 is no limit.";
        clock_skew_seconds: u64 = "300" in 1..=86_400, "seconds", "How far the time in a signature may be from the server's.";
        requests_per_second: u32 = "0" in 0..=1_000_000, "requests", "Requests that one access key may make per second before it is throttled; 0 is no limit.";
        request_body_bytes: usize = "1048576" in 1024..=67_108_864, "bytes", "Longest body of a request.";
        header_bytes: usize = "16384" in 8192..=1_048_576, "bytes", "Longest head of a request: request line and all headers.";
        header_count: usize = "100" in 16..=1000, "headers", "Headers of a request.";
        header_timeout_seconds: u64 = "10" in 1..=3600, "seconds", "Time for the head of a request, and for a TLS handshake, to arrive.";
        body_timeout_seconds: u64 = "30" in 1..=3600, "seconds", "Time for the body of a request to arrive, and for an answer to be taken.";
        idle_timeout_seconds: u64 = "75" in 1..=86_400, "seconds", "How long a connection may be silent between requests.";
        mqtt_connections: usize = "10000" in 1..=10_000_000, "connections", "MQTT connections at the same time; further ones are refused.";
        mqtt_unauthenticated_connections: usize = "2000" in 1..=1_000_000, "connections", "Connections on the port of devices that are not let in yet, beside the others; for further ones, the client that has kept the server waiting longest makes room.";
        mqtt_publishes_per_second: u32 = "0" in 0..=1_000_000, "messages", "Messages of one connection in a second; what comes beyond is discarded, as with AWS, whose limit is 100. 0 is no limit.";
        mqtt_bytes_per_second: u32 = "0" in 0..=1_000_000_000, "bytes", "Bytes of one connection in a second, each way, a second's worth at once; what is faster waits, as with AWS, whose limit is 524288. 0 is no limit.";
        mqtt_connects_per_client_per_second: u32 = "0" in 0..=1_000_000, "connects", "Connects of one client id in a second; further ones are refused. AWS's limit is 1; 0 is no limit.";
        mqtt_connects_per_account_per_second: u32 = "0" in 0..=1_000_000, "connects", "Connects of all clients of an account and region in a second; further ones are refused. AWS's limit is 500; 0 is no limit.";
        mqtt_publishes_per_account_per_second: u32 = "0" in 0..=10_000_000, "messages", "Messages of all clients of an account and region in a second, over MQTT and HTTP; what comes beyond is discarded. AWS's limit is 20000; 0 is no limit.";
        mqtt_subscriptions_per_account_per_second: u32 = "0" in 0..=10_000_000, "filters", "Topic filters that all clients of an account and region subscribe to in a second; further ones are refused. AWS's limit is 500; 0 is no limit.";
        mqtt_outbound_publishes_per_account_per_second: u32 = "0" in 0..=10_000_000, "messages", "Messages to clients of an account and region in a second, one for each client that has subscribed to what is published; what comes beyond is dropped for that client. AWS's limit is 20000; 0 is no limit.";
        mqtt_queued_messages_per_account_per_second: u32 = "0" in 0..=10_000_000, "messages", "Messages that begin to wait in a second for clients of an account and region that are not connected, one for each client; what comes beyond is dropped for that client. AWS's limit is 500; 0 is no limit.";
        mqtt_retained_messages_per_account_per_second: u32 = "0" in 0..=10_000_000, "messages", "Messages with RETAIN of all clients of an account and region in a second, over MQTT and HTTP; what comes beyond is discarded. AWS's limit is 500; 0 is no limit.";
        mqtt_retained_messages_per_topic_per_second: u32 = "0" in 0..=1_000_000, "messages", "Messages with RETAIN to one topic in a second, over MQTT and HTTP; what comes beyond is discarded. AWS's limit is 1; 0 is no limit.";
        mqtt_connections_per_account: usize = "0" in 0..=10_000_000, "connections", "MQTT connections of an account and region at the same time; further ones are refused. AWS's limit is 500000; 0 is no limit beside `limits.mqtt_connections`.";
        mqtt_subscriptions_per_account: usize = "0" in 0..=100_000_000, "subscriptions", "Subscriptions of all clients of an account and region that are connected; further ones are refused. AWS's limit is 500000; 0 is no limit.";
        shadow_requests_in_flight: u32 = "10" in 1..=100_000, "requests", "Requests of one connection to the shadows of one thing that are not answered yet; further ones are rejected with 429.";
        shadow_requests_per_thing_per_second: u32 = "0" in 0..=1_000_000, "requests", "Requests to the shadows of one thing in a second, over MQTT and HTTP; further ones are rejected with 429. AWS's limit is 20; 0 is no limit.";
        shadow_requests_per_account_per_second: u32 = "0" in 0..=10_000_000, "requests", "Requests to all shadows of an account and region in a second; further ones are rejected with 429. AWS's limit is 4000, in small regions 400; 0 is no limit.";
        mqtt_client_id_bytes: u32 = "128" in 23..=1024, "bytes", "Longest client id. Servers have to take 23 bytes (MQTT 3.1.1, section 3.1.3.1); what is longer than 1024 characters is no policy variable.";
        mqtt_topic_bytes: u32 = "256" in 256..=4096, "bytes", "Longest topic and topic filter. AWS's own topics need 256 bytes, those of life-cycle events 39 more than the longest client id.";
        mqtt_topic_slashes: u32 = "7" in 7..=127, "slashes", "Slashes of a topic and of a topic filter; those of `$aws/rules/NAME/` and `$share/NAME/` are not counted. The topics of shadows have 7.";
        mqtt_topic_aliases: u32 = "8" in 0..=1024, "aliases", "Topic aliases of one connection.";
        mqtt_properties_bytes: u32 = "8192" in 1024..=65_536, "bytes", "All properties of one packet together; with AWS, its user properties.";
        mqtt_keep_alive_seconds_min: u32 = "30" in 1..=65_535, "seconds", "The shortest keep-alive; devices that ask for less get this.";
        mqtt_keep_alive_seconds: u32 = "1200" in 1..=65_535, "seconds", "The longest keep-alive of a device, and that of devices which ask for none.";
        mqtt_subscriptions: u32 = "50" in 1..=100_000, "subscriptions", "Subscriptions of one client.";
        mqtt_filters_per_request: u32 = "8" in 1..=1000, "filters", "Topic filters in one SUBSCRIBE or UNSUBSCRIBE.";
        mqtt_payload_bytes: usize = "131072" in 1..=16_777_216, "bytes", "Longest payload of a message.";
        mqtt_session_expiry_seconds: u32 = "3600" in 1..=31_536_000, "seconds", "How long the session of an MQTT 3.1.1 client without clean session outlives its connection.";
        mqtt_session_expiry_seconds_max: u32 = "604800" in 0..=31_536_000, "seconds", "The longest that the session of an MQTT 5 client outlives its connection, whatever it asks for.";
        mqtt_message_expiry_seconds_max: u32 = "604800" in 1..=31_536_000, "seconds", "The longest time that a message of MQTT 5 may be given; what asks for more gets this.";
        mqtt_websocket_seconds: u64 = "86400" in 60..=31_536_000, "seconds", "How long a connection over WebSocket lasts.";
        mqtt_inflight_messages: u32 = "100" in 1..=65_535, "messages", "Messages of quality of service 1 that are not yet acknowledged, to a client and from it.";
        mqtt_queued_messages: usize = "1000" in 1..=1_000_000, "messages", "Messages that wait for one client.";
        mqtt_queued_bytes: usize = "1048576" in 1024..=1_073_741_824, "bytes", "Bytes of messages that wait for one client.";
        mqtt_retained_messages: usize = "100000" in 0..=100_000_000, "messages", "Retained messages of one account and region.";
        mqtt_retained_bytes: usize = "268435456" in 0..=2_147_483_647, "bytes", "Retained messages of one account and region together.";
        mqtt_sessions: usize = "100000" in 1..=100_000_000, "sessions", "Sessions of one account and region, with and without a connection; further clients are refused.";
        connections: usize = "1024" in 1..=1_000_000, "connections", "Connections at the same time; for further ones, the client that has kept the server waiting longest makes room, else they are answered 503.";
    }
    /// Things that are cut off.
    quarantine: Quarantine {
        tag_key: Option<TagText> = "", "", "A thing that gets a tag or an attribute of this name with the value `tag_value` is put into quarantine, and released when that goes. Without it, only operations do so.";
        tag_value: TagText = "true", "", "The value that goes with `tag_key`.";
        group: Option<GroupName> = "thingwarden-quarantine", "", "Thing group that a thing in quarantine is moved to; made when absent, with a policy that denies everything. Empty: things are not moved.";
        deactivate_certificates: bool = "true", "", "Whether the certificates of a thing in quarantine become INACTIVE.";
    }
    /// Device Defender Audit, and `thingwarden audit`.
    audit: Audit {
        fail_on: FailOn = "low", "", "Only for `thingwarden audit`: the least severity that makes it end with exit code 1; never is none.";
        jobs: usize = "0" in 0..=1024, "threads", "Only for `thingwarden audit`: its threads; 0 is one per processor.";
        findings_retention_days: u32 = "90" in 1..=36_500, "days", "How long findings and tasks of audits are kept.";
        connections_retention_days: u32 = "62" in 32..=36_500, "days", "How long connects and disconnects of devices are kept. No check looks back further than 31 days.";
        online: bool = "false", "", "Whether audits fetch the revocation lists that certificates name.";
        trail_retention_days: u32 = "0" in 0..=36_500, "days", "How long the audit trail is kept; 0 is for ever.";
    }
    /// Mitigation of audit findings.
    mitigation: Mitigation {
        delete_oldest_version: bool = "false", "", "Whether an action that replaces a policy may delete the policy's oldest version that is not in force when the policy has as many as it can. Without it, the action fails then, as AWS's does.";
    }
}
