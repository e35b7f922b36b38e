//! Terraform's plan and state as JSON (`terraform show -json`, format 1.x): the values that are planned, module by module.

use std::collections::BTreeMap;
use std::rc::Rc;

use thingwarden_engine::fleet::Fact;

use super::super::items::Item;
use super::super::limits::TEMPLATE_DEPTH_MAX;
use super::cloudformation::STATED;
use super::emit::Emit;
use super::intrinsics::{Known, Template};
use super::node::{Node, Value};
use super::provisioning;

/// Gives what is planned. `values` is `planned_values` of a plan or `values` of a state, `configuration` the plan's.
pub(super) fn read(
    values: &Rc<Node>,
    configuration: Option<&Rc<Node>>,
    template: &Template<'_>,
    emit: &mut Emit<'_, '_>,
) {
    emit.states(values.place, STATED);
    let configuration = configuration.and_then(|node| node.get("root_module"));
    if let Some(root) = values.get("root_module") {
        let module = Module { module: root, configuration, template };
        module.read(emit, 0);
    }
}

/// A module with what its configuration says.
struct Module<'a> {
    module: &'a Rc<Node>,
    configuration: Option<&'a Rc<Node>>,
    template: &'a Template<'a>,
}

impl<'a> Module<'a> {
    fn read(&self, emit: &mut Emit<'_, '_>, depth: usize) {
        if depth > TEMPLATE_DEPTH_MAX {
            return;
        }
        for resource in self.resources() {
            if resource.text_of("mode") != Some("data") {
                Planned { module: self, resource }.read(emit);
            }
        }
        for child in self.module.get("child_modules").map(Node::elements).unwrap_or_default() {
            let name = child.text_of("address").and_then(|address| address.rsplit("module.").next());
            let name = name.map(|name| name.split('[').next().unwrap_or(name)).unwrap_or_default();
            let call = self.configuration.and_then(|node| node.get("module_calls")?.get(name)?.get("module"));
            let module = Module { module: child, configuration: call, template: self.template };
            module.read(emit, depth + 1);
        }
    }

    fn resources(&self) -> &'a [Rc<Node>] {
        self.module.get("resources").map(Node::elements).unwrap_or_default()
    }

    /// The only resource that an expression refers to, if it is one of this module and there is one of it.
    fn referred(&self, resource: &Node, attribute: &str) -> Option<&'a Rc<Node>> {
        let name = |node: &Node, member: &str| node.text_of(member).map(str::to_owned);
        let (kind, own) = (name(resource, "type")?, name(resource, "name")?);
        let configured = self.configuration?.get("resources")?.elements().iter();
        let mut configured =
            configured.filter(|one| one.text_of("type") == Some(&kind) && one.text_of("name") == Some(&own));
        let references = configured.next()?.get("expressions")?.get(attribute)?.get("references")?;
        // An expression that is `aws_iam_role.x.arn` refers to this and to `aws_iam_role.x`, and to nothing else.
        let [first, whole] = references.elements() else { return None };
        let (of, _) = first.text()?.rsplit_once('.')?;
        if whole.text() != Some(of) {
            return None;
        }
        let (kind, name) = of.split_once('.')?;
        let mut found = self
            .resources()
            .iter()
            .filter(|one| one.text_of("type") == Some(kind) && one.text_of("name") == Some(name));
        match (found.next(), found.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }
}

/// One planned resource.
struct Planned<'a> {
    module: &'a Module<'a>,
    resource: &'a Rc<Node>,
}

impl Planned<'_> {
    fn read(&self, emit: &mut Emit<'_, '_>) {
        let place = self.resource.place;
        match self.resource.text_of("type").unwrap_or_default() {
            "aws_iot_policy" => emit.policy(self.name("name"), self.document("policy"), self.place("policy")),
            "awscc_iot_policy" => {
                let document = self.document("policy_document");
                emit.policy(self.name("policy_name"), document, self.place("policy_document"));
            }
            "aws_iot_thing" => emit.push(place, Item::Thing(self.name("name"))),
            "aws_iot_role_alias" => {
                let template = self.module.template;
                let (partition, region, account) = (template.partition(), template.region, template.account);
                let arn = self.known("arn").unwrap_or_else(|_| {
                    format!("arn:{partition}:iot:{region}:{account}:rolealias/{}", self.name("alias"))
                });
                emit.role_alias(arn, self.role_arn("role_arn"), place);
            }
            "aws_iot_certificate" => self.certificate("certificate_pem", false, emit),
            "aws_iot_ca_certificate" => self.certificate("ca_certificate_pem", true, emit),
            "aws_iot_logging_options" => {
                let disabled = self.value("disable_all_logs").and_then(|node| node.scalar());
                let level = self.value("default_log_level").and_then(|node| node.scalar());
                let on = disabled.as_deref() != Some("true") && level.as_deref() != Some("DISABLED");
                emit.logging(on, place);
            }
            "aws_iot_provisioning_template" => match self.document("template_body") {
                Ok(body) => provisioning::read(&self.name("name"), &body, emit),
                Err(why) => {
                    let what = format!("provisioning template `{}`: {why}", self.name("name"));
                    emit.gap(place, what, &[Fact::Policies]);
                }
            },
            "aws_iam_role" => self.role(emit),
            "aws_iam_role_policy" => match self.role_name("role") {
                Ok(role) => emit.inline(&role, self.name("name"), self.document("policy"), place),
                Err(why) => emit.gap(place, format!("{}: its role: {why}", self.address()), &[Fact::Roles]),
            },
            "aws_iam_policy" => emit.managed_policy(self.managed_arn(), self.document("policy"), place),
            "aws_iam_role_policy_attachment" => match self.role_name("role") {
                Ok(role) => emit.attached(&role, self.policy_arn("policy_arn"), place),
                Err(why) => emit.gap(place, format!("{}: its role: {why}", self.address()), &[Fact::Roles]),
            },
            "aws_cognito_identity_pool_roles_attachment" => {
                let roles = self.value("roles").map(|roles| roles.members()).unwrap_or_default();
                let roles: BTreeMap<_, _> = roles
                    .iter()
                    .map(|(kind, arn)| (kind.clone(), arn.scalar().ok_or_else(|| unknown("roles"))))
                    .collect();
                if roles.is_empty() {
                    let what = format!("{}: {}", self.address(), unknown("roles"));
                    emit.gap(place, what, &[Fact::IdentityPools]);
                }
                let id = self.known("identity_pool_id").unwrap_or_else(|_| self.address());
                emit.identity_pool(id, roles, place);
            }
            _ => {}
        }
    }

    fn address(&self) -> String {
        self.resource.text_of("address").unwrap_or("a resource").to_owned()
    }

    fn value(&self, name: &str) -> Option<&Rc<Node>> {
        self.resource.get("values")?.get(name)
    }

    fn place(&self, name: &str) -> thingwarden_engine::policy::Position {
        self.value(name).map_or(self.resource.place, |node| node.place)
    }

    fn known(&self, name: &str) -> Known<String> {
        self.value(name).and_then(|node| node.scalar()).ok_or_else(|| unknown(name))
    }

    fn document(&self, name: &str) -> Known<Rc<Node>> {
        self.value(name).map(Rc::clone).ok_or_else(|| unknown(name))
    }

    /// The name that is planned; the address of a resource that gets one when it is made.
    fn name(&self, name: &str) -> String {
        self.known(name).unwrap_or_else(|_| self.address())
    }

    fn certificate(&self, name: &str, is_authority: bool, emit: &mut Emit<'_, '_>) {
        let active = self.value("active").is_some_and(|node| matches!(node.value, Value::Bool(true)));
        // A certificate that AWS issues is made when it is applied; there is nothing to judge before.
        if let Ok(pem) = self.known(name) {
            emit.certificate(&pem, active, is_authority, self.place(name));
        } else if is_authority {
            let what = format!("{}: {}", self.address(), unknown(name));
            emit.gap(self.resource.place, what, &[Fact::CaCertificates]);
        }
    }

    fn role(&self, emit: &mut Emit<'_, '_>) {
        let (place, name) = (self.resource.place, self.name("name"));
        emit.role(&name, self.own_role_arn(), place);
        for policy in self.value("inline_policy").map(Node::elements).unwrap_or_default() {
            // A block without name and policy says that there are none.
            let Some(document) = policy.get("policy") else { continue };
            let policy_name = policy.text_of("name").unwrap_or("inline").to_owned();
            emit.inline(&name, policy_name, Ok(Rc::clone(document)), policy.place);
        }
        for arn in self.value("managed_policy_arns").map(Node::elements).unwrap_or_default() {
            emit.attached(&name, arn.scalar().ok_or_else(|| unknown("managed_policy_arns")), arn.place);
        }
    }

    fn own_role_arn(&self) -> String {
        let template = self.module.template;
        let path = self.known("path").unwrap_or_else(|_| "/".to_owned());
        self.known("arn").unwrap_or_else(|_| {
            format!("arn:{}:iam::{}:role{path}{}", template.partition(), template.account, self.name("name"))
        })
    }

    fn managed_arn(&self) -> String {
        let template = self.module.template;
        let path = self.known("path").unwrap_or_else(|_| "/".to_owned());
        self.known("arn").unwrap_or_else(|_| {
            format!(
                "arn:{}:iam::{}:policy{path}{}",
                template.partition(),
                template.account,
                self.name("name")
            )
        })
    }

    /// The planned resource of a type that an unknown value refers to.
    fn referred(&self, attribute: &str, kind: &str) -> Known<Planned<'_>> {
        let found = self.module.referred(self.resource, attribute);
        let found = found.filter(|found| found.text_of("type") == Some(kind));
        let resource = found.ok_or_else(|| unknown(attribute))?;
        Ok(Planned { module: self.module, resource })
    }

    fn role_arn(&self, name: &str) -> Known<String> {
        self.known(name).or_else(|_| Ok(self.referred(name, "aws_iam_role")?.own_role_arn()))
    }

    fn role_name(&self, name: &str) -> Known<String> {
        self.known(name).or_else(|_| Ok(self.referred(name, "aws_iam_role")?.name("name")))
    }

    fn policy_arn(&self, name: &str) -> Known<String> {
        self.known(name).or_else(|_| Ok(self.referred(name, "aws_iam_policy")?.managed_arn()))
    }
}

fn unknown(name: &str) -> String {
    format!("`{name}` is not known before apply")
}
