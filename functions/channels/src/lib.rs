//! Every channel of the suite, in one list. Who needs all of them reads it here, and nothing else names them.
//!
//! A channel is what it has. What it has not is `None`, and then nothing is asked of it there: no function of one that nothing
//! comes in by, no webhook secret of one that no platform calls, no rules and no sending secret of one that sends nothing.

use domain::inbound::{Inbound, Source};
use domain::outbound::{Capabilities, Outbound};
use domain::plan::Offer;

/// One channel.
#[derive(Clone)]
pub struct Channel {
    /// Its name: that of its folder, its secrets and its messages.
    pub name: &'static str,
    /// The way in, from what comes to events; `None` where no platform and no service of AWS brings anything.
    pub inbound: Option<Inbound>,
    /// The way out of messages, with what they may hold; `None` where nothing is sent, as in calls.
    pub outbound: Option<Outbound>,
}

/// All of them. A new channel adds its line here, and one to `Cargo.toml`.
pub const ALL: &[Channel] = &[
    Channel {
        name: "whatsapp",
        inbound: Some(whatsapp::INBOUND),
        outbound: Some(whatsapp::OUTBOUND),
    },
    Channel {
        name: "messenger",
        inbound: Some(messenger::INBOUND),
        outbound: Some(messenger::OUTBOUND),
    },
    Channel {
        name: "instagram",
        inbound: Some(instagram::INBOUND),
        outbound: Some(instagram::OUTBOUND),
    },
    Channel {
        name: "telegram",
        inbound: Some(telegram::INBOUND),
        outbound: Some(telegram::OUTBOUND),
    },
    Channel { name: "x", inbound: Some(x::INBOUND), outbound: Some(x::OUTBOUND) },
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
    /// The way in that a platform calls over HTTP, if one does.
    #[must_use]
    pub fn webhook(&self) -> Option<&Inbound> {
        self.inbound.as_ref().filter(|it| matches!(it.source, Source::Http { .. }))
    }

    /// The capabilities of the way out, if anything may be sent.
    #[must_use]
    pub fn capabilities(&self) -> Option<&'static Capabilities> {
        self.outbound.as_ref().map(|it| (it.capabilities)())
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
            let inbound = it.inbound.as_ref().map(|it| &it.channel);
            let outbound = it.outbound.as_ref().map(|it| &it.channel);
            let mut ways = inbound.into_iter().chain(outbound).peekable();
            assert!(ways.peek().is_some(), "{} neither takes in nor sends", it.name);
            assert!(ways.all(|channel| channel.as_str() == it.name), "{}", it.name);
        }
    }

    #[test]
    fn rules_are_read_once() {
        for it in ALL {
            let (first, second) = (it.capabilities().unwrap(), it.capabilities().unwrap());
            assert!(std::ptr::eq(first, second), "{}", it.name);
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
