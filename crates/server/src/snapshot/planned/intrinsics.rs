//! CloudFormation's functions, worked out where the template and what was given say enough, and named where not.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use thingwarden_engine::policy::Position;

use super::super::limits::{TEMPLATE_MADE_BYTES_MAX, TEMPLATE_STEP_BYTES, TEMPLATE_STEPS_MAX};
use super::node::{Node, Value};
use super::serverless;

/// What a value is before deployment, or why nobody knows.
pub(super) type Known<T> = Result<T, String>;

/// A template and what is known besides.
pub(super) struct Template<'a> {
    /// CloudFormation's part: parameters, mappings, conditions, resources.
    pub(super) root: Rc<Node>,
    /// The whole file of the Serverless Framework, whose variables may speak of any of it.
    pub(super) serverless: Option<Rc<Node>>,
    /// Values of parameters and variables, by name.
    pub(super) given: &'a BTreeMap<String, String>,
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    /// Bytes that the functions of the file may still make.
    pub(super) left: &'a Cell<usize>,
}

/// Types of resources whose `Ref` is their name, with the property that says it, and the kind in their ARN.
const NAMED: &[(&str, &str, &str)] = &[
    ("AWS::IoT::Thing", "ThingName", "iot:REGION:ACCOUNT:thing/"),
    ("AWS::IoT::Policy", "PolicyName", "iot:REGION:ACCOUNT:policy/"),
    ("AWS::IoT::ThingGroup", "ThingGroupName", "iot:REGION:ACCOUNT:thinggroup/"),
    ("AWS::IoT::ThingType", "ThingTypeName", "iot:REGION:ACCOUNT:thingtype/"),
    ("AWS::IoT::RoleAlias", "RoleAlias", "iot:REGION:ACCOUNT:rolealias/"),
    ("AWS::IAM::Role", "RoleName", "iam::ACCOUNT:role"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName", "iam::ACCOUNT:policy"),
    ("AWS::S3::Bucket", "BucketName", "s3:::"),
    ("AWS::DynamoDB::Table", "TableName", "dynamodb:REGION:ACCOUNT:table/"),
    ("AWS::Lambda::Function", "FunctionName", "lambda:REGION:ACCOUNT:function:"),
    ("AWS::Serverless::Function", "FunctionName", "lambda:REGION:ACCOUNT:function:"),
    ("AWS::SQS::Queue", "QueueName", "sqs:REGION:ACCOUNT:"),
    ("AWS::SNS::Topic", "TopicName", "sns:REGION:ACCOUNT:"),
    ("AWS::Kinesis::Stream", "Name", "kinesis:REGION:ACCOUNT:stream/"),
    ("AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName", "firehose:REGION:ACCOUNT:deliverystream/"),
    ("AWS::Logs::LogGroup", "LogGroupName", "logs:REGION:ACCOUNT:log-group:"),
];

impl Template<'_> {
    /// The value with all functions in it worked out.
    ///
    /// # Errors
    /// What is not known before deployment, in words.
    pub(super) fn resolve(&self, node: &Rc<Node>) -> Known<Rc<Node>> {
        self.within(node, TEMPLATE_STEPS_MAX)
    }

    /// As [`resolve`](Self::resolve), for what has to be a text.
    pub(super) fn text(&self, node: &Rc<Node>) -> Known<String> {
        self.text_within(node, TEMPLATE_STEPS_MAX)
    }

    fn text_within(&self, node: &Rc<Node>, steps: usize) -> Known<String> {
        let text = self.within(node, steps)?.scalar().ok_or_else(|| "a value that is no text".to_owned())?;
        self.spend(text.len())?;
        Ok(text)
    }

    pub(super) fn partition(&self) -> &'static str {
        match self.region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// Whether the resource is made: `None` when its condition depends on what is not known.
    pub(super) fn is_made(&self, resource: &Node) -> Option<bool> {
        match resource.get("Condition").map(|node| node.text()) {
            None => Some(true),
            Some(name) => self.condition(name?, TEMPLATE_STEPS_MAX).ok(),
        }
    }

    pub(super) fn resource(&self, id: &str) -> Option<&Rc<Node>> {
        self.root.get("Resources")?.get(id)
    }

    /// The ARN of one of the template's roles; a role without a name of its own is called by its id in the template.
    pub(super) fn role_arn(&self, id: &str, role: &Node) -> String {
        let property = |name| role.get("Properties").and_then(|properties| properties.get(name));
        let text = |name| property(name).and_then(|node| self.text(node).ok());
        let path = text("Path").unwrap_or_else(|| "/".to_owned());
        let name = text("RoleName").unwrap_or_else(|| id.to_owned());
        format!("arn:{}:iam::{}:role{path}{name}", self.partition(), self.account)
    }

    fn next(&self, steps: usize) -> Known<usize> {
        self.spend(TEMPLATE_STEP_BYTES)?;
        steps.checked_sub(1).ok_or_else(|| "functions that go round in circles, or too deep".to_owned())
    }

    /// As [`resolve`](Self::resolve), with so many functions in functions left.
    pub(super) fn within(&self, node: &Rc<Node>, steps: usize) -> Known<Rc<Node>> {
        let steps = self.next(steps)?;
        match &node.value {
            Value::Text(text) if self.serverless.is_some() && text.contains("${") => {
                serverless::substituted(self, text, node.place, steps)
            }
            Value::List(nodes) => {
                let nodes = nodes.iter().map(|node| self.within(node, steps)).collect::<Known<Vec<_>>>()?;
                let nodes = nodes.into_iter().filter(|node| !matches!(node.value, Value::Absent)).collect();
                self.made(node.place, Value::List(nodes))
            }
            Value::Map(members) => {
                if let Some((name, argument)) = node.single()
                    && (name == "Ref" || name.starts_with("Fn::"))
                {
                    return self.call(name, argument, node.place, steps);
                }
                let read = |(name, node): &(String, Rc<Node>)| {
                    if name.starts_with("Fn::") {
                        return Err(format!("`{name}` is not known before deployment"));
                    }
                    Ok((name.clone(), self.within(node, steps)?))
                };
                let mut members = members.iter().map(read).collect::<Known<Vec<_>>>()?;
                members.retain(|(_, node)| !matches!(node.value, Value::Absent));
                self.made(node.place, Value::Map(members))
            }
            _ => Ok(Rc::clone(node)),
        }
    }

    fn made(&self, place: Position, value: Value) -> Known<Rc<Node>> {
        self.spend(match &value {
            Value::Text(text) => text.len().max(TEMPLATE_STEP_BYTES),
            _ => 64,
        })?;
        Node::new(place, value).map_err(|error| error.what)
    }

    /// Takes so many bytes of those that functions may still make.
    fn spend(&self, bytes: usize) -> Known<()> {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(
            left.ok_or_else(|| format!("functions that make more than {TEMPLATE_MADE_BYTES_MAX} bytes"))?,
        );
        Ok(())
    }

    pub(super) fn made_text(&self, place: Position, text: String) -> Known<Rc<Node>> {
        self.made(place, Value::Text(text))
    }

    fn call(&self, name: &str, argument: &Rc<Node>, place: Position, steps: usize) -> Known<Rc<Node>> {
        let wrong = || format!("`{name}` with arguments of another form");
        let arguments = argument.elements();
        match (name, arguments) {
            ("Ref", _) => self.reference(argument.text().ok_or_else(wrong)?, place, steps),
            ("Fn::GetAtt", [resource, attribute]) => {
                let resource = self.text_within(resource, steps)?;
                let attribute = self.text_within(attribute, steps)?;
                self.made_text(place, self.attribute(&resource, &attribute, steps)?)
            }
            ("Fn::GetAtt", [joined]) => {
                let joined = joined.text().and_then(|text| text.split_once('.')).ok_or_else(wrong)?;
                self.made_text(place, self.attribute(joined.0, joined.1, steps)?)
            }
            ("Fn::Sub", [text]) => {
                let text = self.text_within(text, steps)?;
                self.made_text(place, self.substitute(&text, None, steps)?)
            }
            ("Fn::Sub", [text, values]) => {
                let text = self.text_within(text, steps)?;
                self.made_text(place, self.substitute(&text, Some(values), steps)?)
            }
            ("Fn::Join", [separator, parts]) => {
                let separator = self.text_within(separator, steps)?;
                let parts = self.within(parts, steps)?;
                let texts = parts.elements().iter().map(|part| part.scalar().ok_or_else(wrong));
                self.made_text(place, texts.collect::<Known<Vec<_>>>()?.join(&separator))
            }
            ("Fn::Split", [separator, text]) => {
                let separator = self.text_within(separator, steps)?;
                let text = self.text_within(text, steps)?;
                if separator.is_empty() {
                    return Err(wrong());
                }
                let parts = text.split(&separator).map(|part| self.made_text(place, part.to_owned()));
                self.made(place, Value::List(parts.collect::<Known<_>>()?))
            }
            ("Fn::Select", [index, list]) => {
                let index = self.text_within(index, steps)?;
                let list = self.within(list, steps)?;
                let found = index.parse().ok().and_then(|index: usize| list.elements().get(index).cloned());
                found.ok_or_else(|| format!("`Fn::Select` of an element `{index}` that is not there"))
            }
            ("Fn::FindInMap", [map, first, second, ..]) => {
                let keys = [map, first, second].map(|key| self.text_within(key, steps));
                let [map, first, second] = keys;
                let (map, first, second) = (map?, first?, second?);
                let mappings = self.root.get("Mappings").and_then(|mappings| mappings.get(&map));
                let found = mappings.and_then(|map| map.get(&first)).and_then(|top| top.get(&second));
                let found = found.ok_or_else(|| format!("`{map}` has no `{first}`, `{second}`"))?;
                self.within(found, steps)
            }
            ("Fn::If", [condition, yes, no]) => {
                let condition = condition.text().ok_or_else(wrong)?;
                let branch = if self.condition(condition, steps)? { yes } else { no };
                self.within(branch, steps)
            }
            ("Fn::ToJsonString", _) => {
                let text = self.within(argument, steps)?.to_json().to_string();
                self.made_text(place, text)
            }
            (
                "Fn::GetAtt" | "Fn::Sub" | "Fn::Join" | "Fn::Split" | "Fn::Select" | "Fn::FindInMap"
                | "Fn::If",
                _,
            ) => Err(wrong()),
            _ => Err(format!("`{name}` is not known before deployment")),
        }
    }

    fn reference(&self, name: &str, place: Position, steps: usize) -> Known<Rc<Node>> {
        if name == "AWS::NoValue" {
            return Ok(Node::leaf(place, Value::Absent));
        }
        if let Some(pseudo) = name.strip_prefix("AWS::") {
            return self.made_text(place, self.pseudo(pseudo)?);
        }
        let parameter = self.root.get("Parameters").and_then(|parameters| parameters.get(name));
        if let Some(parameter) = parameter {
            return self.parameter(name, parameter, place, steps);
        }
        if let Some(given) = self.given.get(name) {
            return self.made_text(place, given.clone());
        }
        match self.resource(name) {
            Some(resource) => self.made_text(place, self.name_of(name, resource, steps)?),
            None => Err(format!("`{name}` is neither parameter nor resource of the template")),
        }
    }

    fn pseudo(&self, name: &str) -> Known<String> {
        let given = self.given.get(&format!("AWS::{name}"));
        Ok(match (name, given) {
            (_, Some(given)) => given.clone(),
            ("AccountId", None) => self.account.to_owned(),
            ("Region", None) => self.region.to_owned(),
            ("Partition", None) => self.partition().to_owned(),
            ("URLSuffix", None) if self.partition() == "aws-cn" => "amazonaws.com.cn".to_owned(),
            ("URLSuffix", None) => "amazonaws.com".to_owned(),
            _ => return Err(format!("`AWS::{name}` is not known before deployment")),
        })
    }

    fn parameter(&self, name: &str, parameter: &Node, place: Position, steps: usize) -> Known<Rc<Node>> {
        let kind = parameter.text_of("Type").unwrap_or("String");
        let is_looked_up = kind.starts_with("AWS::SSM::Parameter::Value");
        let default = parameter.get("Default").filter(|_| !is_looked_up);
        let value = match (self.given.get(name), default) {
            (Some(given), _) => given.clone(),
            (None, Some(default)) => self.text_within(default, steps)?,
            (None, None) => {
                let why = if is_looked_up { "is looked up when it is deployed" } else { "has no default" };
                return Err(format!("parameter `{name}` {why}; give it with --parameter {name}=VALUE"));
            }
        };
        if kind == "CommaDelimitedList" || kind.starts_with("List<") {
            let parts = value.split(',').map(|part| self.made_text(place, part.trim().to_owned()));
            return self.made(place, Value::List(parts.collect::<Known<_>>()?));
        }
        self.made_text(place, value)
    }

    /// What `Ref` gives for a resource, if it has a name of its own.
    fn name_of(&self, id: &str, resource: &Node, steps: usize) -> Known<String> {
        let kind = resource.text_of("Type").unwrap_or_default();
        let named = NAMED.iter().find(|(known, ..)| *known == kind);
        // Of these, `Ref` is an address or an ARN.
        let is_name = !matches!(kind, "AWS::SQS::Queue" | "AWS::SNS::Topic" | "AWS::IAM::ManagedPolicy");
        let property = named.filter(|_| is_name).map(|(_, property, _)| property);
        match property.and_then(|property| resource.get("Properties")?.get(property)) {
            Some(name) => self.text_within(name, steps),
            None => Err(format!("the name of `{id}` is made when it is deployed")),
        }
    }

    fn attribute(&self, id: &str, attribute: &str, steps: usize) -> Known<String> {
        let unknown = || format!("`{id}.{attribute}` is not known before deployment");
        let resource = self.resource(id).ok_or_else(|| format!("`{id}` is no resource of the template"))?;
        let kind = resource.text_of("Type").unwrap_or_default();
        let named = NAMED.iter().find(|(known, ..)| *known == kind);
        let (_, property, arn) = named.ok_or_else(unknown)?;
        if !matches!(attribute, "Arn" | "RoleAliasArn" | "TopicArn") {
            return Err(unknown());
        }
        let properties = resource.get("Properties").ok_or_else(unknown)?;
        let name = properties.get(property).ok_or_else(unknown)?;
        let name = self.text_within(name, steps)?;
        let path = match (arn.starts_with("iam"), properties.get("Path")) {
            (true, Some(path)) => self.text_within(path, steps)?,
            (true, None) => "/".to_owned(),
            (false, _) => String::new(),
        };
        let start = arn.replace("REGION", self.region).replace("ACCOUNT", self.account);
        Ok(format!("arn:{}:{start}{path}{name}", self.partition()))
    }

    /// `${X}` and `${X.Y}` are replaced, `${!X}` becomes `${X}`.
    fn substitute(&self, text: &str, values: Option<&Rc<Node>>, steps: usize) -> Known<String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                // Nor is there one for what comes after.
                out.push_str("${");
                rest = after;
                break;
            };
            if let Some(literal) = name.strip_prefix('!') {
                out.push_str("${");
                out.push_str(literal);
                out.push('}');
            } else {
                out.push_str(&self.substituted(name.trim(), values, steps)?);
            }
            if out.len() > self.left.get() {
                return Err(format!("functions that make more than {TEMPLATE_MADE_BYTES_MAX} bytes"));
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    fn substituted(&self, name: &str, values: Option<&Rc<Node>>, steps: usize) -> Known<String> {
        if let Some(value) = values.and_then(|values| values.get(name)) {
            return self.text_within(value, steps);
        }
        if name.contains(':') && !name.starts_with("AWS::") {
            return Err(format!(
                "`${{{name}}}` in `Fn::Sub`; a policy variable is written `${{!{name}}}` there"
            ));
        }
        match name.split_once('.') {
            Some((resource, attribute)) => self.attribute(resource, attribute, steps),
            None => {
                let start = Position { line: 1, column: 1 };
                let value = self.reference(name, start, steps)?;
                value.scalar().ok_or_else(|| format!("`{name}` is no text"))
            }
        }
    }

    /// Whether a condition of the template holds.
    fn condition(&self, name: &str, steps: usize) -> Known<bool> {
        let steps = self.next(steps)?;
        let condition = self.root.get("Conditions").and_then(|conditions| conditions.get(name));
        let condition = condition.ok_or_else(|| format!("there is no condition `{name}`"))?;
        self.holds(condition, steps)
    }

    fn holds(&self, condition: &Rc<Node>, steps: usize) -> Known<bool> {
        let steps = self.next(steps)?;
        let wrong = || "a condition of another form".to_owned();
        let (name, argument) = condition.single().ok_or_else(wrong)?;
        match (name, argument.elements()) {
            ("Condition", _) => self.condition(argument.text().ok_or_else(wrong)?, steps),
            ("Fn::Equals", [one, other]) => {
                Ok(self.within(one, steps)?.to_json() == self.within(other, steps)?.to_json())
            }
            ("Fn::Not", [one]) => Ok(!self.holds(one, steps)?),
            // A part that decides does so whatever is not known of the others.
            ("Fn::And", parts) => self.decided(parts, false, steps),
            ("Fn::Or", parts) => self.decided(parts, true, steps),
            _ => Err(wrong()),
        }
    }

    fn decided(&self, parts: &[Rc<Node>], by: bool, steps: usize) -> Known<bool> {
        let mut unknown = None;
        for part in parts {
            match self.holds(part, steps) {
                Ok(holds) if holds == by => return Ok(by),
                Ok(_) => {}
                Err(why) => unknown = unknown.or(Some(why)),
            }
        }
        unknown.map_or(Ok(!by), Err)
    }
}
