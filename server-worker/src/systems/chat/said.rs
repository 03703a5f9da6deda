//! What was said, as World and each Party store it. Clients are told a [`PastChat`] instead,
//! which may come to hold what need not be stored, as this may come to hold what nobody is
//! told. Ids, names and channels are spelled here as they are on the wire: golden files pin
//! both.

use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ids::CharacterId,
    limits::MAX_CIPHERTEXT,
    protocol::{
        Timestamp,
        bounded::Text,
        chat::{Channel, Chat, PastChat, Sealed},
    },
    text::{CharacterName, Content},
};

/// Something that was said, in its channel's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSpeech {
    number: u64,
    timestamp: Timestamp,
    chat: StoredChat,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredChat {
    sender_id: CharacterId,
    sender_name: CharacterName,
    channel: Channel,
    content: Content,
    #[serde(default)]
    recipient_id: Option<CharacterId>,
    #[serde(default)]
    recipient_name: Option<CharacterName>,
    #[serde(default)]
    encrypted: Option<Box<StoredSeal>>,
}

/// What only those who have the key can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredSeal {
    v: u8,
    key_id: Text<64>,
    nonce: Text<32>,
    ciphertext: Text<MAX_CIPHERTEXT>,
}

impl From<&PastChat> for StoredSpeech {
    fn from(past: &PastChat) -> Self {
        // Every field by name: one that the wire gains is stored only if it is written here.
        let PastChat { number, timestamp, chat } = past.clone();
        let Chat { sender_id, sender_name, channel, content, recipient_id, recipient_name, encrypted } = chat;
        let encrypted = encrypted.map(|sealed| {
            let Sealed { v, key_id, nonce, ciphertext } = *sealed;
            Box::new(StoredSeal { v, key_id, nonce, ciphertext })
        });
        let chat = StoredChat { sender_id, sender_name, channel, content, recipient_id, recipient_name, encrypted };
        Self { number, timestamp, chat }
    }
}

impl From<StoredSpeech> for PastChat {
    fn from(stored: StoredSpeech) -> Self {
        let StoredSpeech { number, timestamp, chat } = stored;
        let StoredChat { sender_id, sender_name, channel, content, recipient_id, recipient_name, encrypted } = chat;
        let encrypted = encrypted.map(|sealed| {
            let StoredSeal { v, key_id, nonce, ciphertext } = *sealed;
            Box::new(Sealed { v, key_id, nonce, ciphertext })
        });
        let chat = Chat { sender_id, sender_name, channel, content, recipient_id, recipient_name, encrypted };
        Self { number, timestamp, chat }
    }
}
