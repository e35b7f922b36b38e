//! Every limit on untrusted input, with where the number comes from. `cargo xtask gen` writes `docs/limits.md` from
//! [`ALL`].

/// One limit as documentation shows it.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub name: &'static str,
    pub value: u64,
    pub unit: &'static str,
    pub source: &'static str,
}

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $value:expr, $unit:literal, $source:literal;)*) => {
        $($(#[$doc])* pub const $name: $type = $value;)*
        /// All limits of this file, in its order.
        pub const ALL: &[Limit] = &[$(Limit {
            name: stringify!($name), value: $value as u64, unit: $unit, source: $source,
        }),*];
    };
}

limits! {
    /// An IoT policy document, whitespace not counted.
    IOT_POLICY_CHARS_MAX: usize = 2_048, "characters", "AWS IoT Core quotas: policy document size";
    /// Any other policy document that we read (IAM managed policies hold at most 6,144, inline ones 10,240).
    IAM_POLICY_CHARS_MAX: usize = 10_240, "characters", "IAM quotas: aggregate inline policy size of a role";
    /// A policy on a resource, such as a topic.
    RESOURCE_POLICY_CHARS_MAX: usize = 30_720, "characters", "SNS: a topic's policy has at most 30 KB";
    /// Raw text of a policy document, whitespace included.
    POLICY_TEXT_BYTES_MAX: usize = 404_600, "bytes", "iot service model: PolicyDocument, maximum length";
    /// Nesting of JSON in a policy document; the language itself needs six levels.
    POLICY_JSON_DEPTH_MAX: usize = 32, "levels", "ours: five times what the language needs";
    /// A variable's value longer than this is not substituted.
    VARIABLE_VALUE_CHARS_MAX: usize = 1_024, "characters", "AWS IoT guide, X.509 certificate policy variables";
    /// Values of a multi-valued certificate attribute beyond this many are ignored.
    CERTIFICATE_ATTRIBUTE_VALUES_MAX: usize = 5, "values", "AWS IoT guide, X.509 certificate policy variables";
    /// Unreadable inputs of one kind that a check's message names; the rest are counted.
    GAPS_NAMED_MAX: usize = 20, "inputs", "ours: a message holds 2,048 characters";
    /// Related resources that a finding carries; further ones are counted in `RELATED_RESOURCES_TOTAL`.
    RELATED_RESOURCES_MAX: usize = 100, "resources", "ours: the API pages them, a report must stay readable";
    /// The DER of one certificate; `RegisterCertificate` takes 65,536 characters of PEM, a chain file may hold more.
    CERTIFICATE_BYTES_MAX: usize = 1 << 20, "bytes", "ours: sixteen times what RegisterCertificate takes";
    /// The DER of one certificate revocation list; one with a million entries has about 40 MB.
    CRL_BYTES_MAX: usize = 256 << 20, "bytes", "ours: six times a list of a million entries";
    /// The label of a PEM block, such as `CERTIFICATE`.
    PEM_LABEL_BYTES_MAX: usize = 64, "bytes", "ours: three times the longest label in use";
    /// Certificates from a device certificate up to its root.
    CHAIN_CERTIFICATES_MAX: usize = 10, "certificates", "ours: AWS documents no limit; public chains have two to four";
    /// Keys of one name that are tried on the signature of a certificate or revocation list.
    SIGNER_CANDIDATES_MAX: usize = 10, "keys", "RegisterCACertificate: CA certificates with one subject per account";
    /// An MQTT topic or topic filter; what stands before the topic of Basic Ingest is not counted.
    TOPIC_BYTES_MAX: u16 = 256, "bytes", "AWS IoT Core quotas: topic size";
    /// Slashes of an MQTT topic or topic filter, counted likewise.
    TOPIC_SLASHES_MAX: u16 = 7, "slashes", "AWS IoT Core quotas: maximum number of slashes in topic and topic filter";
    /// An MQTT client id.
    CLIENT_ID_BYTES_MAX: u16 = 128, "bytes", "AWS IoT Core quotas: client ID size";
}
