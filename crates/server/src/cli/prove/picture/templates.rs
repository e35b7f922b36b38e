//! Provisioning templates of a fleet, ready to be asked about: what they make is worked out before, as far as it can be.

use std::collections::HashMap;
use std::sync::Arc;

use thingwarden_engine::policy::{Dialect, PolicySource, parse};
use thingwarden_engine::prove::{Device, Template, Thing, Way, Ways};

use super::Picture;
use super::fleet::Sets;
use crate::provisioning::{Made, MadeThing, Outline, Purpose};

/// A template as it was found.
#[derive(Clone, Debug)]
pub(super) struct FoundTemplate {
    pub(super) name: String,
    pub(super) purpose: Purpose,
    /// None when it is only known to be there.
    pub(super) body: Option<String>,
    pub(super) has_hook: bool,
}

/// The things that a template attaches to.
#[derive(Debug, Default)]
pub(in crate::cli::prove) struct Takings {
    exclusive: bool,
    by_name: HashMap<String, Taken>,
}

/// A thing that a template attaches to.
#[derive(Debug)]
struct Taken {
    /// As it is then, if that is something else.
    thing: Option<Box<Thing>>,
    sets: [usize; 2],
}

/// Sets of policies for one template at most, where each thing has policies of its own.
const SETS_MAX: usize = 1_000;

impl Takings {
    /// The ways of whoever is attached to a thing that exists by the template.
    pub(in crate::cli::prove) fn ways(&self, picture: &Picture, name: &str) -> Vec<Way> {
        let Some(taken) = self.by_name.get(name) else { return vec![] };
        let changed =
            taken.thing.as_deref().map(|thing| Thing { exclusive: self.exclusive, ..thing.clone() });
        let Some(thing) = changed.or_else(|| picture.registry.thing_for(name, self.exclusive)) else {
            return vec![];
        };
        ways(Some(thing), taken.sets)
    }
}

impl Picture {
    /// Everything that is known of a template.
    pub(super) fn template(
        &self,
        found: &FoundTemplate,
        sets: &mut Sets<'_>,
    ) -> anyhow::Result<(Template, Takings)> {
        let mut template = Template {
            name: found.name.clone(),
            by_claim: found.purpose == Purpose::Fleet,
            answers_unasked: self.is_of_server,
            ..Template::default()
        };
        let mut takings = Takings::default();
        let body = found.body.as_deref().ok_or_else(|| "it is listed and not described".to_owned());
        let outline = body.and_then(|body| Outline::of(body, found.purpose));
        let device = outline
            .and_then(|outline| Ok((outline.new_device(|name| self.registry.get(name).is_some())?, outline)));
        let named = |why: &str| Some(Arc::from(format!("provisioning template `{}`: {why}", found.name)));
        let (device, outline) = match device {
            Ok(device) => device,
            Err(why) => {
                template.open = named(&why);
                return Ok((template, takings));
            }
        };
        if !outline.activates() {
            return Ok((template, takings));
        }
        takings.exclusive = device.exclusive;
        let mut open = outline.undecided();
        let of_device = self.sets_of(&found.name, &device, "", sets, &mut open)?;
        template.device =
            ways(device.thing.as_ref().map(|thing| to_thing(thing, device.exclusive)), of_device);
        let mut of_claim: Vec<String> = outline.unread_name().map(str::to_owned).into_iter().collect();
        if found.has_hook {
            template.gate = named("its pre-provisioning hook decides what a claim brings");
            if outline.documents_vary() || !outline.free_in_documents().is_empty() {
                open.push(
                    "its policies depend on parameters, which its pre-provisioning hook may decide"
                        .to_owned(),
                );
            }
        } else {
            self.choose(&outline, sets, &mut template, &mut of_claim)?;
        }
        if template.by_claim {
            self.take_things(&template.name, &outline, sets, &mut takings, &mut of_claim)?;
        }
        let all = |why: Vec<String>| if why.is_empty() { None } else { named(&why.join(", ")) };
        (template.open, template.open_claim) = (all(open), all(of_claim));
        Ok((template, takings))
    }

    /// What whoever says values can have by values of policies that are not the thing's name.
    fn choose(
        &self,
        outline: &Outline,
        sets: &mut Sets<'_>,
        template: &mut Template,
        open: &mut Vec<String>,
    ) -> anyhow::Result<()> {
        let free = outline.free_in_documents();
        let values = || format!("its policies depend on the value of `{}`", free.join("`, `"));
        match outline.widest() {
            // This server lets nobody say a wildcard, so what values can bring is not a single set of policies.
            _ if self.is_of_server && !free.is_empty() => open.push(values()),
            Some(widest) => {
                let widest_sets = self.sets_of(&template.name, &widest, "*", sets, open)?;
                if widest_sets.iter().any(|set| sets.denies(*set)) {
                    open.push(values());
                }
                let thing = widest.thing.as_ref().map(|thing| to_thing(thing, widest.exclusive));
                template.chosen = ways(thing, widest_sets);
            }
            None => {}
        }
        Ok(())
    }

    /// Notes the things that exist and that the template attaches to for whoever says their name.
    fn take_things(
        &self,
        template: &str,
        outline: &Outline,
        sets: &mut Sets<'_>,
        takings: &mut Takings,
        open: &mut Vec<String>,
    ) -> anyhow::Result<()> {
        let varies = outline.documents_vary();
        let mut names: Vec<&str> = self.registry.names().collect();
        names.sort_unstable();
        for name in names {
            let Some(thing) = self.registry.get(name) else { continue };
            let now = MadeThing {
                name: name.to_owned(),
                type_name: thing.type_name.as_deref().map(str::to_owned),
                attributes: thing.attributes(),
                groups: self.groups_of(name).map(str::to_owned).collect(),
                billing_group: thing.billing_group.as_deref().map(str::to_owned),
            };
            let Some(taken) = outline.taking(&now) else { continue };
            if varies && takings.by_name.len() >= SETS_MAX {
                open.push(format!("its policies differ with each of more than {SETS_MAX} things"));
                break;
            }
            let mark = if varies { name } else { "" };
            let sets = self.sets_of(template, &taken, mark, sets, open)?;
            let after = taken.thing.filter(|after| *after != now);
            let thing = after.map(|after| Box::new(to_thing(&after, false)));
            takings.by_name.insert(name.to_owned(), Taken { thing, sets });
        }
        Ok(())
    }

    /// The sets of a device that a template makes: as its thing, with the policies of the thing's groups, and without it. `mark`
    /// tells apart documents of the same policy.
    fn sets_of(
        &self,
        template: &str,
        made: &Made,
        mark: &str,
        sets: &mut Sets<'_>,
        open: &mut Vec<String>,
    ) -> anyhow::Result<[usize; 2]> {
        let mut say = |why: String| {
            if !open.contains(&why) {
                open.push(why);
            }
        };
        let mut own = Vec::new();
        for (id, document) in &made.documents {
            let name = format!("{template}.{id}{}{mark}", if mark.is_empty() { "" } else { " " });
            if !sets.has(&name) {
                match parse(document, Dialect::Iot) {
                    Ok(parsed) => {
                        let document = Arc::new(parsed);
                        sets.make(PolicySource {
                            name: name.as_str().into(),
                            version: String::new(),
                            document,
                        });
                    }
                    Err(error) => {
                        say(format!("its policy `{id}`: {error}"));
                        continue;
                    }
                }
            }
            own.push(Arc::from(name));
        }
        for name in &made.named {
            match sets.has(name) {
                true => own.push(Arc::from(name.as_str())),
                false => say(format!("its policy `{name}` is not in the input")),
            }
        }
        let groups = made.thing.iter().flat_map(|thing| &thing.groups).map(String::as_str);
        let of_groups = self.registry.with_parents(groups).into_iter();
        let of_groups = of_groups.flat_map(|group| self.policies_of_group(group));
        let as_thing = sets.of(own.iter().chain(of_groups).cloned().collect())?;
        let alone = sets.of(own)?;
        Ok([as_thing, alone])
    }
}

fn to_thing(made: &MadeThing, exclusive: bool) -> Thing {
    Thing {
        name: made.name.clone(),
        type_name: made.type_name.clone(),
        attributes: made.attributes.clone(),
        exclusive,
    }
}

/// The ways of a device of a template. Nobody knows its certificate.
fn ways(thing: Option<Thing>, [as_thing, alone]: [usize; 2]) -> Vec<Way> {
    let things: Vec<Thing> = thing.into_iter().collect();
    let device = |ways: Ways| Device { things: things.clone(), ways, ..Device::default() };
    let mut all = vec![Way { set: alone, device: device(Ways::WithoutThing) }];
    if !things.is_empty() {
        all.push(Way { set: as_thing, device: device(Ways::AsThing) });
    }
    all
}
