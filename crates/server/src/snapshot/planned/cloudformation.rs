//! CloudFormation templates, those of SAM and the CDK among them, and the resources of Serverless Framework files.

use std::collections::BTreeMap;
use std::rc::Rc;

use thingwarden_engine::fleet::Fact;

use super::super::items::Item;
use super::emit::Emit;
use super::intrinsics::{Known, Template};
use super::node::Node;
use super::provisioning;

/// Facts that a template states completely: what it does not make is not there.
pub(super) const STATED: &[Fact] = &[Fact::Policies, Fact::RoleAliases, Fact::Roles, Fact::IdentityPools];

/// Gives all that the template makes.
pub(super) fn read(template: &Template<'_>, emit: &mut Emit<'_, '_>) {
    let Some(resources) = template.root.get("Resources") else { return };
    emit.states(resources.place, STATED);
    for (id, resource) in resources.members() {
        if id.starts_with("Fn::") {
            let what = format!("the resources of `{id}` are not known before deployment");
            emit.gap(resource.place, what, STATED);
            continue;
        }
        // With a condition that nobody can tell the resource may be made, so it is looked at.
        if template.is_made(resource) != Some(false) {
            let of = Resource { template, id, resource };
            of.read(emit);
        }
    }
}

/// One resource of a template.
struct Resource<'a> {
    template: &'a Template<'a>,
    id: &'a str,
    resource: &'a Rc<Node>,
}

impl Resource<'_> {
    fn read(&self, emit: &mut Emit<'_, '_>) {
        let place = self.resource.place;
        match self.resource.text_of("Type").unwrap_or_default() {
            "AWS::IoT::Policy" => {
                let document = self.property("PolicyDocument");
                let at = self.raw("PolicyDocument").map_or(place, |node| node.place);
                emit.policy(self.name("PolicyName"), document, at);
            }
            "AWS::IoT::Thing" => {
                emit.push(place, Item::Thing(self.name("ThingName")));
            }
            "AWS::IoT::RoleAlias" => {
                let (region, account) = (self.template.region, self.template.account);
                let partition = self.template.partition();
                let name = self.name("RoleAlias");
                let arn = format!("arn:{partition}:iot:{region}:{account}:rolealias/{name}");
                emit.role_alias(arn, self.role_reference("RoleArn"), place);
            }
            "AWS::IoT::Certificate" | "AWS::IoT::CACertificate" => self.certificate(emit),
            "AWS::IoT::Logging" => {
                let level = self.property("DefaultLogLevel").ok().and_then(|level| level.scalar());
                emit.logging(level.as_deref() != Some("DISABLED"), place);
            }
            "AWS::IoT::ProvisioningTemplate" => match self.property("TemplateBody") {
                Ok(body) => provisioning::read(self.id, &body, emit),
                Err(why) => {
                    let what = format!("provisioning template `{}`: {why}", self.id);
                    emit.gap(place, what, &[Fact::Policies]);
                }
            },
            "AWS::IAM::Role" => self.role(emit),
            "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" => self.role_policy(emit),
            "AWS::IAM::ManagedPolicy" => self.managed_policy(emit),
            "AWS::Cognito::IdentityPoolRoleAttachment" => self.pool_roles(emit),
            _ => {}
        }
    }

    fn raw(&self, name: &str) -> Option<&Rc<Node>> {
        self.resource.get("Properties")?.get(name)
    }

    /// A property with its functions worked out.
    fn property(&self, name: &str) -> Known<Rc<Node>> {
        let node = self.raw(name).ok_or_else(|| format!("no `{name}`"))?;
        self.template.resolve(node)
    }

    /// The name that a property says, or the id in the template when the name is made at deployment.
    fn name(&self, property: &str) -> String {
        let name = self.raw(property).and_then(|node| self.template.text(node).ok());
        name.unwrap_or_else(|| self.id.to_owned())
    }

    fn certificate(&self, emit: &mut Emit<'_, '_>) {
        let is_authority = self.raw("CACertificatePem").is_some() && self.raw("CertificatePem").is_none();
        let name = if is_authority { "CACertificatePem" } else { "CertificatePem" };
        let active = self.property("Status").ok().and_then(|status| status.scalar());
        let active = active.as_deref() == Some("ACTIVE");
        // From a signing request AWS issues a certificate, which nobody can judge before.
        let Some(node) = self.raw(name) else { return };
        match self.template.text(node) {
            Ok(pem) => emit.certificate(&pem, active, is_authority, node.place),
            Err(why) => {
                let fact = if is_authority { Fact::CaCertificates } else { Fact::DeviceCertificates };
                emit.gap(node.place, format!("certificate `{}`: {why}", self.id), &[fact]);
            }
        }
    }

    fn role(&self, emit: &mut Emit<'_, '_>) {
        let (template, place) = (self.template, self.resource.place);
        let name = self.name("RoleName");
        emit.role(&name, template.role_arn(self.id, self.resource), place);
        for policy in self.raw("Policies").map(Node::elements).unwrap_or_default() {
            let policy_name = policy.get("PolicyName").and_then(|node| template.text(node).ok());
            let policy_name = policy_name.unwrap_or_else(|| format!("in line {}", policy.place.line));
            let document = policy.get("PolicyDocument").ok_or_else(|| "no `PolicyDocument`".to_owned());
            emit.inline(&name, policy_name, document.and_then(|node| template.resolve(node)), policy.place);
        }
        for arn in self.raw("ManagedPolicyArns").map(Node::elements).unwrap_or_default() {
            emit.attached(&name, self.policy_reference(arn), arn.place);
        }
    }

    /// `AWS::IAM::Policy`, which names roles, and `AWS::IAM::RolePolicy`, which names one.
    fn role_policy(&self, emit: &mut Emit<'_, '_>) {
        let name = self.name("PolicyName");
        let roles = self.raw("Roles").or_else(|| self.raw("RoleName"));
        for role in roles.map(Node::elements).unwrap_or_default() {
            match self.role_name(role) {
                Ok(role) => {
                    emit.inline(&role, name.clone(), self.property("PolicyDocument"), self.resource.place);
                }
                Err(why) => emit.gap(role.place, format!("a role of policy `{name}`: {why}"), &[Fact::Roles]),
            }
        }
    }

    fn managed_policy(&self, emit: &mut Emit<'_, '_>) {
        let place = self.resource.place;
        let arn = self.managed_arn(self.id, self.resource);
        emit.managed_policy(arn.clone(), self.property("PolicyDocument"), place);
        for role in self.raw("Roles").map(Node::elements).unwrap_or_default() {
            match self.role_name(role) {
                Ok(role) => emit.attached(&role, Ok(arn.clone()), place),
                Err(why) => emit.gap(role.place, format!("a role of policy `{arn}`: {why}"), &[Fact::Roles]),
            }
        }
    }

    fn managed_arn(&self, id: &str, policy: &Node) -> String {
        let property = |name| policy.get("Properties").and_then(|properties| properties.get(name));
        let text = |name| property(name).and_then(|node: &Rc<Node>| self.template.text(node).ok());
        let path = text("Path").unwrap_or_else(|| "/".to_owned());
        let name = text("ManagedPolicyName").unwrap_or_else(|| id.to_owned());
        format!("arn:{}:iam::{}:policy{path}{name}", self.template.partition(), self.template.account)
    }

    fn pool_roles(&self, emit: &mut Emit<'_, '_>) {
        let roles = self.raw("Roles").map(|roles| roles.members()).unwrap_or_default();
        let roles: BTreeMap<_, _> =
            roles.iter().map(|(kind, role)| (kind.clone(), self.role_arn(role))).collect();
        let pool = self.raw("IdentityPoolId").and_then(|node| match node.single() {
            Some(("Ref", id)) => id.text().map(str::to_owned),
            _ => self.template.text(node).ok(),
        });
        emit.identity_pool(pool.unwrap_or_else(|| self.id.to_owned()), roles, self.resource.place);
        if self.raw("RoleMappings").is_some() {
            let what = format!("`{}`: roles that rules give are not read from templates", self.id);
            emit.gap(self.resource.place, what, &[Fact::IdentityPools]);
        }
    }

    fn role_reference(&self, property: &str) -> Known<String> {
        self.role_arn(self.raw(property).ok_or_else(|| format!("no `{property}`"))?)
    }

    /// A role of the template, or an ARN.
    fn role_arn(&self, node: &Rc<Node>) -> Known<String> {
        if let Some((id, "Arn")) = attribute(node)
            && let Some(role) = self.template.resource(id)
            && role.text_of("Type") == Some("AWS::IAM::Role")
        {
            return Ok(self.template.role_arn(id, role));
        }
        self.template.text(node)
    }

    /// The name of a role of the template, or a name.
    fn role_name(&self, node: &Rc<Node>) -> Known<String> {
        if let Some(("Ref", id)) = node.single()
            && let Some(id) = id.text()
            && let Some(role) = self.template.resource(id)
        {
            let of = Resource { template: self.template, id, resource: role };
            return Ok(of.name("RoleName"));
        }
        self.template.text(node)
    }

    /// The ARN of a managed policy of the template, or an ARN.
    fn policy_reference(&self, node: &Rc<Node>) -> Known<String> {
        if let Some(("Ref", id)) = node.single()
            && let Some(id) = id.text()
            && let Some(policy) = self.template.resource(id)
        {
            return Ok(self.managed_arn(id, policy));
        }
        self.template.text(node)
    }
}

/// `Fn::GetAtt: [X, Y]` or `Fn::GetAtt: X.Y`.
fn attribute(node: &Node) -> Option<(&str, &str)> {
    let (name, argument) = node.single()?;
    if name != "Fn::GetAtt" {
        return None;
    }
    match argument.elements() {
        [resource, attribute] => Some((resource.text()?, attribute.text()?)),
        [joined] => joined.text()?.split_once('.'),
        _ => None,
    }
}
