//! The lists of AWS's answers that are read element by element, however long they are.

use thingwarden_engine::fleet::Fact;

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident = $member:literal;)*) => {
        /// A list member of a known answer.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum List {
            $($(#[$doc])* $name,)*
        }

        impl List {
            pub(super) const ALL: &[Self] = &[$(Self::$name),*];

            /// The member's name in the answer.
            pub(super) const fn member(self) -> &'static str {
                match self {
                    $(Self::$name => $member,)*
                }
            }
        }
    };
}

lists! {
    /// `ListCertificates`, `ListCACertificates`.
    Certificates = "certificates";
    /// CloudWatch `FilterLogEvents`, `GetLogEvents`.
    Events = "events";
    /// IAM `GetAccountAuthorizationDetails`: groups, which hold no role.
    GroupDetails = "GroupDetailList";
    /// IAM `GetAccountAuthorizationDetails`: managed policies with their versions.
    IamPolicies = "Policies";
    /// Cognito `ListIdentityPools`.
    IdentityPools = "IdentityPools";
    /// `ListPolicies`, `ListAttachedPolicies`.
    Policies = "policies";
    /// `ListThingPrincipals`.
    Principals = "principals";
    /// `ListRoleAliases`.
    RoleAliases = "roleAliases";
    /// IAM `GetAccountAuthorizationDetails`: roles.
    RoleDetails = "RoleDetailList";
    /// `ListAuditSuppressions`.
    Suppressions = "suppressions";
    /// `ListTargetsForPolicy`.
    Targets = "targets";
    /// `ListProvisioningTemplates`.
    Templates = "templates";
    /// `ListThingGroups`.
    ThingGroups = "thingGroups";
    /// `ListThingPrincipalsV2`.
    ThingPrincipals = "thingPrincipalObjects";
    /// `ListThingTypes`.
    ThingTypes = "thingTypes";
    /// `ListThings`, `ListThingsInThingGroup`, `ListPrincipalThings`.
    Things = "things";
    /// IAM `GetAccountAuthorizationDetails`: users, which hold no role.
    UserDetails = "UserDetailList";
}

impl List {
    pub(super) fn of_member(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|list| list.member() == name)
    }

    /// What is incomplete when the list cannot be read to its end.
    pub(super) const fn fact(self) -> Option<Fact> {
        match self {
            Self::Certificates => Some(Fact::DeviceCertificates),
            Self::Events => Some(Fact::ConnectionLog),
            Self::IamPolicies | Self::RoleDetails => Some(Fact::Roles),
            Self::IdentityPools => Some(Fact::IdentityPools),
            Self::Policies => Some(Fact::Policies),
            Self::RoleAliases => Some(Fact::RoleAliases),
            Self::Principals | Self::ThingPrincipals => Some(Fact::ThingPrincipals),
            Self::Targets => Some(Fact::PolicyTargets),
            Self::ThingGroups | Self::Things => Some(Fact::ThingGroups),
            Self::GroupDetails
            | Self::Suppressions
            | Self::Templates
            | Self::ThingTypes
            | Self::UserDetails => None,
        }
    }
}

/// Guesses from the remains of a damaged record which facts it was about.
pub(super) fn facts_in(sample: &[u8]) -> Vec<Fact> {
    const SIGNS: &[(&str, Fact)] = &[
        ("\"certificateDescription\"", Fact::DeviceCertificates),
        ("\"certificatePem\"", Fact::DeviceCertificates),
        ("\"certificates\"", Fact::DeviceCertificates),
        ("\"policyDocument\"", Fact::Policies),
        ("\"policies\"", Fact::Policies),
        ("\"Statement\"", Fact::Policies),
        ("\"roleAliasDescription\"", Fact::RoleAliases),
        ("\"RoleDetailList\"", Fact::Roles),
        ("\"RoleName\"", Fact::Roles),
        ("\"PolicyVersion\"", Fact::Roles),
        ("\"ServicesLastAccessed\"", Fact::ServiceLastAccessed),
        ("\"IdentityPoolId\"", Fact::IdentityPools),
        ("\"eventType\"", Fact::ConnectionLog),
        ("\"defaultLogLevel\"", Fact::Logging),
    ];
    let has = |needle: &str| memchr::memmem::find(sample, needle.as_bytes()).is_some();
    let mut facts: Vec<Fact> = SIGNS.iter().filter(|(sign, _)| has(sign)).map(|(_, fact)| *fact).collect();
    if facts.contains(&Fact::DeviceCertificates) && has(":cacert/") {
        facts
            .iter_mut()
            .filter(|fact| **fact == Fact::DeviceCertificates)
            .for_each(|fact| *fact = Fact::CaCertificates);
    }
    if facts.contains(&Fact::Roles) {
        // An IAM record quotes policy documents of its own.
        facts.retain(|fact| *fact != Fact::Policies);
    }
    facts.sort_unstable();
    facts.dedup();
    facts
}
