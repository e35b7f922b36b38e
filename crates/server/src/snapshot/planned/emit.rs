//! Resources that are going to be made, as the items that records of existing ones become.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use thingwarden_engine::fleet::{
    CaStatus, CertificateStatus, Fact, IdentityPool, LoggingState, Origin, RoleAlias,
};
use thingwarden_engine::policy::{self, Dialect, Document, Position as Spot};

use super::super::digest::{Output, certificate_of_pem};
use super::super::items::{Item, Registered};
use super::super::report::Position;
use super::intrinsics::Known;
use super::node::{Node, Value};

/// Collects what one template makes.
pub(super) struct Emit<'a, 'b> {
    pub(super) output: &'a mut Output<'b>,
}

/// A policy document that was read, and where its statements stand.
type ReadAt = (Arc<Document>, Vec<Spot>);

impl Emit<'_, '_> {
    pub(super) fn push(&mut self, place: Spot, item: Item) {
        let at = Position::Character { line: place.line.into(), column: place.column };
        self.output.push_at(at, item);
    }

    /// Something that cannot be judged before deployment.
    pub(super) fn gap(&mut self, place: Spot, what: String, facts: &[Fact]) {
        self.push(place, Item::Broken { what, facts: facts.to_vec() });
    }

    /// The template says all that it makes of these kinds.
    pub(super) fn states(&mut self, place: Spot, facts: &[Fact]) {
        for fact in facts {
            self.push(place, Item::Present(*fact));
        }
    }

    pub(super) fn policy(&mut self, name: String, document: Known<Rc<Node>>, place: Spot) {
        match document.and_then(|node| read(&node, Dialect::Iot)) {
            Ok((document, statements)) => {
                let version = "1".to_owned();
                self.push(place, Item::Policy { name, version, is_default: true, document, statements });
            }
            Err(why) => self.gap(place, format!("policy `{name}`: {why}"), &[Fact::Policies]),
        }
    }

    pub(super) fn role_alias(&mut self, arn: String, role_arn: Known<String>, place: Spot) {
        match role_arn {
            Ok(role_arn) => self.push(place, Item::RoleAlias(RoleAlias { arn, role_arn, source: None })),
            Err(why) => self.gap(place, format!("role alias `{arn}`: its role: {why}"), &[Fact::RoleAliases]),
        }
    }

    /// A role, with all of its inline policies and the ARNs of all that are attached, as far as they are known.
    pub(super) fn role(&mut self, name: &str, arn: String, place: Spot) {
        self.push(place, Item::Role { name: name.to_owned(), arn: Some(arn) });
        // What is not named here does not exist: a template makes a role complete.
        self.push(place, Item::RoleInlineNames { role: name.to_owned(), names: Vec::new() });
        self.push(place, Item::RoleAttached { role: name.to_owned(), policies: Vec::new() });
    }

    pub(super) fn inline(&mut self, role: &str, policy: String, document: Known<Rc<Node>>, place: Spot) {
        let document = document.and_then(|node| read(&node, Dialect::Identity)).map(|(document, _)| document);
        if let Err(why) = &document {
            // The role itself says so to the checks.
            self.gap(place, format!("policy `{policy}` of role `{role}`: {why}"), &[]);
        }
        self.push(place, Item::RoleInline { role: role.to_owned(), policy, document });
    }

    pub(super) fn attached(&mut self, role: &str, arn: Known<String>, place: Spot) {
        match arn {
            Ok(arn) => {
                self.push(place, Item::RoleAttached { role: role.to_owned(), policies: vec![arn] });
            }
            Err(why) => {
                let document = Err(why.clone());
                self.gap(place, format!("a policy attached to role `{role}`: {why}"), &[]);
                let (role, policy) = (role.to_owned(), format!("attached in line {}", place.line));
                self.push(place, Item::RoleInline { role, policy, document });
            }
        }
    }

    pub(super) fn managed_policy(&mut self, arn: String, document: Known<Rc<Node>>, place: Spot) {
        let document = document.and_then(|node| read(&node, Dialect::Identity)).map(|(document, _)| document);
        if let Err(why) = &document {
            self.gap(place, format!("managed policy `{arn}`: {why}"), &[]);
        }
        self.push(place, Item::ManagedPolicy { arn, is_default: true, document });
    }

    pub(super) fn identity_pool(&mut self, id: String, roles: BTreeMap<String, Known<String>>, place: Spot) {
        let mut pool =
            IdentityPool { id, authenticated_roles: vec![], unauthenticated_roles: vec![], source: None };
        for (kind, arn) in roles {
            match (kind.as_str(), arn) {
                ("authenticated", Ok(arn)) => pool.authenticated_roles.push(arn),
                ("unauthenticated", Ok(arn)) => pool.unauthenticated_roles.push(arn),
                (_, Ok(_)) => {}
                (kind, Err(why)) => {
                    let what = format!("identity pool `{}`: its {kind} role: {why}", pool.id);
                    self.gap(place, what, &[Fact::IdentityPools]);
                }
            }
        }
        self.push(place, Item::IdentityPool(pool));
    }

    pub(super) fn logging(&mut self, enabled: bool, place: Spot) {
        let state = if enabled { LoggingState::Enabled } else { LoggingState::Disabled };
        self.push(place, Item::LoggingV2(state));
    }

    /// A certificate that the template registers from its PEM.
    pub(super) fn certificate(&mut self, pem: &str, active: bool, is_authority: bool, place: Spot) {
        let fact = if is_authority { Fact::CaCertificates } else { Fact::DeviceCertificates };
        let read = match certificate_of_pem(pem, is_authority, place.line, self.output) {
            Ok(read) => read,
            Err(why) => return self.gap(place, format!("a certificate: {why}"), &[fact]),
        };
        let (id, created, origin, read) = (read.id, None, Origin::Described, Some(Box::new(read)));
        let item = if is_authority {
            let status = if active { CaStatus::Active } else { CaStatus::Inactive };
            Item::Authority(Registered { id, status, created, origin, read })
        } else {
            let status = if active { CertificateStatus::Active } else { CertificateStatus::Inactive };
            Item::Device(Registered { id, status, created, origin, read })
        };
        self.push(place, item);
    }
}

/// A document as an object, or as a text that holds one.
fn read(node: &Node, dialect: Dialect) -> Known<ReadAt> {
    let text = match &node.value {
        Value::Text(text) => text.clone(),
        Value::Map(_) => node.to_json().to_string(),
        _ => return Err("its document is no object".to_owned()),
    };
    let document = policy::parse(&text, dialect).map_err(|error| match node.value {
        Value::Text(_) => {
            format!("line {}, column {} of its document: {}", error.line, error.column, error.kind)
        }
        _ => error.kind.to_string(),
    })?;
    let statements = match node.get("Statement") {
        Some(statements) => statements.elements().iter().map(|statement| statement.place).collect(),
        None => vec![node.place; document.statements.len()],
    };
    Ok((Arc::new(document), statements))
}
