//! Streams drawn by a seed: one or two people, several topics, several channels, and all that can happen to a message.

use domain::content::Content;
use domain::event::{Direction, Identity, InboundEvent, Kind, Message};
use domain::id::{AccountId, Channel, IdentityId, ProviderId};

use crate::events::{VOICE, WHATSAPP, bsuid, by_us, calls, event, id, known_by};

const SMS: Channel = Channel::from_static("sms");

/// Words that people begin with.
const OPENINGS: [&str; 6] = [
    "Hello, I would like to return the chair of order 99-1200, how do I do that?",
    "Good morning, do you have the brass lamp of your catalogue, article 5512-7171?",
    "Bonjour, je voudrais prendre rendez-vous pour choisir un canapé",
    "Hi, the kettle that came on Monday leaks. Order 18-4471",
    "Bonsoir, il me faut une facture pour la commande FR-20418",
    "Hello, where is my parcel? The number is RMA 448812",
];

/// Words that go on with anything.
const ANSWERS: [&str; 8] = [
    "yes please",
    "Tuesday in the evening is fine, I am at home from six",
    "the red one",
    "c'est urgent, merci",
    "👍",
    "order 18-4471, as I said",
    "no, that is the other one. The chair please",
    "thanks, bye",
];

/// The lines that we say.
const OURS: [&str; 4] = [
    "Which colour would you like?",
    "It is on its way.",
    "Pouvez-vous nous envoyer une photo ?",
    "You are welcome. Goodbye!",
];

/// Numbers that look drawn and are the same each time (splitmix64).
pub struct Dice(u64);

impl Dice {
    /// The numbers of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below another.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.roll() % n as u64).unwrap()
    }

    /// Whether it is the one case of so many.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// A message that was drawn, for what refers to it later.
#[derive(Clone)]
struct Told {
    name: String,
    person: usize,
    channel: Channel,
    from_us: bool,
}

struct Teller {
    dice: Dice,
    after: i64,
    told: Vec<Told>,
    events: Vec<InboundEvent>,
}

/// A stream of this many events, in the order in which they happened.
#[must_use]
pub fn story(seed: u64, n_events: usize) -> Vec<InboundEvent> {
    let mut teller =
        Teller { dice: Dice::of(seed), after: 0, told: Vec::new(), events: Vec::new() };
    let people = 1 + teller.dice.below(2);
    while teller.events.len() < n_events {
        let pause = [1, 20, 300, 4_000, 90_000, 400_000][teller.dice.below(6)];
        teller.after += pause + i64::try_from(teller.dice.below(7)).unwrap();
        let person = teller.dice.below(people);
        teller.tell(person);
    }
    teller.events
}

/// The queue group that an event is in: entries of one identity stay in order.
#[must_use]
pub fn group(event: &InboundEvent) -> String {
    event.identity.as_ref().map(|it| it.id.as_str().to_owned()).unwrap_or_default()
}

fn phone(person: usize) -> IdentityId {
    IdentityId::phone(&format!("+44770090011{person}"))
}

/// The identity of a person on a channel: on WhatsApp an id whose number shows, elsewhere the number.
fn identity(channel: &Channel, person: usize) -> Identity {
    if *channel == WHATSAPP {
        let id = bsuid(&format!("GB.555000111222333{person}"));
        return Identity { id, aliases: vec![phone(person)], name: None };
    }
    known_by(phone(person))
}

impl Teller {
    fn tell(&mut self, person: usize) {
        match self.dice.below(16) {
            0..=4 => self.say(person, &OPENINGS),
            5..=8 => self.say(person, &ANSWERS),
            9..=11 => self.speak(person),
            12 | 13 => self.edit(person),
            14 => self.delete(person),
            _ => self.react(person),
        }
    }

    fn name(&mut self, person: usize, channel: &Channel, from_us: bool) -> String {
        let name = format!("n{}", self.told.len());
        let channel = channel.clone();
        self.told.push(Told { name: name.clone(), person, channel, from_us });
        name
    }

    fn say(&mut self, person: usize, words: &[&str]) {
        let channel = [WHATSAPP, WHATSAPP, SMS, VOICE][self.dice.below(4)].clone();
        let quoted = self.earlier(person, &channel).filter(|_| self.dice.one_in(3));
        let words = self.dice.pick(words);
        let name = self.name(person, &channel, false);
        if channel == VOICE {
            let mut call = calls(&name, self.after, words);
            call.identity = Some(identity(&VOICE, person));
            self.events.push(call);
            return;
        }
        let message = Message {
            reply_to: quoted.map(|it| id(&it.name)),
            ..Message::inbound(id(&name), Content::text(words))
        };
        self.push(person, &channel, message);
    }

    /// A colleague writes in another tool.
    fn speak(&mut self, person: usize) {
        let channel = [WHATSAPP, SMS][self.dice.below(2)].clone();
        let quoted = self.earlier(person, &channel).filter(|_| self.dice.one_in(2));
        let words = self.dice.pick(&OURS);
        let name = self.name(person, &channel, true);
        let said = Message::inbound(id(&name), Content::text(words));
        let message = Message { reply_to: quoted.map(|it| id(&it.name)), ..said };
        self.push(person, &channel, by_us(message));
    }

    /// An edit of what was said, or of what was said on its way and comes after it.
    fn edit(&mut self, person: usize) {
        let channel = [WHATSAPP, SMS][self.dice.below(2)].clone();
        let Some(of) = self.of_theirs(person, &channel) else { return };
        let n = 1 + self.events.len() as u64;
        let content = Content::text(format!("{} ({n})", self.dice.pick(&ANSWERS)));
        self.push(person, &channel, Kind::Edited { of, n, content });
    }

    fn delete(&mut self, person: usize) {
        let channel = [WHATSAPP, SMS][self.dice.below(2)].clone();
        let Some(of) = self.of_theirs(person, &channel) else { return };
        self.push(person, &channel, Kind::Deleted { of });
    }

    fn react(&mut self, person: usize) {
        let Some(of) = self.earlier(person, &WHATSAPP) else { return };
        let emoji = (!self.dice.one_in(4)).then(|| "👍".to_owned());
        let kind = Kind::Reaction { of: id(&of.name), emoji, direction: Direction::In };
        self.push(person, &WHATSAPP, kind);
    }

    fn of_theirs(&mut self, person: usize, channel: &Channel) -> Option<ProviderId> {
        if self.dice.one_in(4) {
            // The next message that is drawn, which was not said yet.
            return Some(id(&format!("n{}", self.told.len())));
        }
        self.earlier(person, channel).filter(|it| !it.from_us).map(|it| id(&it.name))
    }

    fn earlier(&mut self, person: usize, channel: &Channel) -> Option<Told> {
        let said = self.told.iter().filter(|it| it.person == person && it.channel == *channel);
        let said: Vec<_> = said.cloned().collect();
        (!said.is_empty()).then(|| said[self.dice.below(said.len())].clone())
    }

    fn push(&mut self, person: usize, channel: &Channel, kind: impl Into<Kind>) {
        let account = if *channel == SMS { "+442079460001" } else { "700800900100200" };
        self.events.push(InboundEvent {
            channel: channel.clone(),
            account: AccountId::new(account),
            ..event(identity(channel, person), self.after, kind)
        });
    }
}
