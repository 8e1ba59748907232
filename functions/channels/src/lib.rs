//! Every channel of the suite, in one list. Who needs all of them reads it here, and nothing else names them.
//!
//! A channel is what it has. What it has not is an empty list, and then nothing is asked of it there: no function of one that
//! nothing comes in by, no webhook secret of one that no platform calls, no rules and no sending secret of one that sends
//! nothing. One that several providers carry has a source of each.

use domain::inbound::{Inbound, Source};
use domain::outbound::{Capabilities, Outbound};
use domain::plan::Offer;

/// One channel.
#[derive(Clone)]
pub struct Channel {
    /// Its name: that of its folder, its secrets and its messages.
    pub name: &'static str,
    /// The ways in, from what comes to events; none where no platform and no service of AWS brings anything.
    pub inbound: &'static [Inbound],
    /// The ways out of messages, with what they may hold; none where nothing is sent, as in calls.
    pub outbound: &'static [Outbound],
}

/// All of them. A new channel adds its line here, and one to `Cargo.toml`.
pub const ALL: &[Channel] = &[
    Channel { name: "whatsapp", inbound: &[whatsapp::INBOUND], outbound: &[whatsapp::OUTBOUND] },
    Channel { name: "messenger", inbound: &[messenger::INBOUND], outbound: &[messenger::OUTBOUND] },
    Channel { name: "instagram", inbound: &[instagram::INBOUND], outbound: &[instagram::OUTBOUND] },
    Channel { name: "telegram", inbound: &[telegram::INBOUND], outbound: &[telegram::OUTBOUND] },
    Channel { name: "sms", inbound: &[sms::INBOUND], outbound: &[sms::OUTBOUND] },
    Channel { name: "x", inbound: &[x::INBOUND], outbound: &[x::OUTBOUND] },
];

/// The channel of a name.
#[must_use]
pub fn named<'a>(channels: &'a [Channel], name: &str) -> Option<&'a Channel> {
    channels.iter().find(|it| it.name == name)
}

/// The channels of a deployment, by their names joined by commas; the first name that none has is the error.
pub fn deployed<'a>(channels: &'a [Channel], names: &str) -> Result<Vec<&'a Channel>, NoChannel> {
    let names = names.split(',').filter(|it| !it.is_empty());
    names.map(|it| named(channels, it).ok_or_else(|| NoChannel(it.to_owned()))).collect()
}

/// The capabilities of a deployment's channels, of those of them that send.
pub fn offers(channels: &[Channel], names: &str) -> Result<Vec<Offer>, NoChannel> {
    let offer = |it: &Channel| {
        let channel = domain::id::Channel::from_static(it.name);
        Some(Offer { channel, capabilities: it.capabilities()?.clone() })
    };
    Ok(deployed(channels, names)?.into_iter().filter_map(offer).collect())
}

/// A name that no channel has.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no channel")]
pub struct NoChannel(pub String);

impl Channel {
    /// The ways in that a platform calls over HTTP.
    pub fn webhooks(&self) -> impl Iterator<Item = &'static Inbound> + use<> {
        self.inbound.iter().filter(|it| matches!(it.source, Source::Http { .. }))
    }

    /// Whether a platform calls us over HTTP.
    #[must_use]
    pub fn has_webhook(&self) -> bool {
        self.webhooks().next().is_some()
    }

    /// The capabilities of the ways out, if anything may be sent: those of the channel, whichever provider carries it.
    #[must_use]
    pub fn capabilities(&self) -> Option<&'static Capabilities> {
        self.outbound.first().map(|it| (it.capabilities)())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_channel_has_one_name_and_no_other_has_it() {
        let names: BTreeSet<_> = ALL.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), ALL.len());
        for it in ALL {
            let inbound = it.inbound.iter().map(|it| &it.channel);
            let mut ways = inbound.chain(it.outbound.iter().map(|it| &it.channel)).peekable();
            assert!(ways.peek().is_some(), "{} neither takes in nor sends", it.name);
            assert!(ways.all(|channel| channel.as_str() == it.name), "{}", it.name);
        }
    }

    #[test]
    fn the_first_source_is_called_as_the_channel_is_and_every_other_by_its_provider_too() {
        let follow = |channel: &str, names: Vec<&str>| {
            let (first, others) = names.split_first().unwrap_or((&channel, &[]));
            let provided = |it: &&str| {
                it.strip_prefix(channel).is_some_and(|it| 1 < it.len() && it.starts_with('-'))
            };
            let distinct: BTreeSet<_> = names.iter().collect();
            *first == channel && others.iter().all(provided) && distinct.len() == names.len()
        };
        for it in ALL {
            assert!(follow(it.name, it.inbound.iter().map(|it| it.name).collect()), "{}", it.name);
            assert!(follow(it.name, it.outbound.iter().map(|it| it.name).collect()), "{}", it.name);
        }
        assert!(follow("sms", vec!["sms", "sms-aws"]) && follow("sms", vec![]));
        for wrong in [vec!["sms-aws"], vec!["sms", "aws"], vec!["sms", "sms"], vec!["sms", "sms-"]]
        {
            assert!(!follow("sms", wrong));
        }
    }

    #[test]
    fn rules_are_read_once_and_are_those_of_every_provider() {
        for it in ALL {
            let mut all = it.outbound.iter().map(|it| (it.capabilities)());
            let first = it.capabilities().unwrap();
            assert!(all.all(|rules| std::ptr::eq(first, rules)), "{}", it.name);
        }
    }

    #[test]
    fn a_deployment_names_channels_that_there_are() {
        let names = |text| -> Result<Vec<_>, NoChannel> {
            Ok(deployed(ALL, text)?.iter().map(|it| it.name).collect())
        };
        assert_eq!(names("").unwrap(), Vec::<&str>::new());
        assert_eq!(names("x,whatsapp").unwrap(), ["x", "whatsapp"]);
        assert_eq!(names("x,fax").unwrap_err().to_string(), "fax is no channel");
        let offered = |text| offers(ALL, text).map(|it| it.len());
        assert_eq!((offered("").unwrap(), offered("x,whatsapp").unwrap()), (0, 2));
        assert!(offered("fax").is_err());
    }
}
