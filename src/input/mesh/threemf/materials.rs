//! Colours and materials of a 3MF. They change no geometry and are not kept; a file that breaks their rules is refused
//! as the format demands, for what else in it can be trusted is anyone's guess.

use std::collections::BTreeMap;

use super::xml::{Element, Xml};
use crate::input::InputError;

/// The groups seen so far, and what each is.
#[derive(Default)]
pub struct Materials {
    groups: BTreeMap<u32, String>,
}

impl Materials {
    /// Looks through one group.
    pub fn resource(&mut self, xml: &mut Xml, element: &Element) -> Result<(), InputError> {
        let kind = element.name().into_owned();
        let kind_of = |id: u32| self.groups.get(&id).map(String::as_str);
        match &*kind {
            "basematerials" => xml.children(|_, base| {
                base.need("name")?;
                base.need("displaycolor").map(drop)
            })?,
            "colorgroup" => xml.children(|_, colour| colour.need("color").map(drop))?,
            "texture2d" => {
                element.need("path")?;
                let content = element.need("contenttype")?;
                if !matches!(&*content, "image/png" | "image/jpeg") {
                    return Err(element.wrong(format!("has a texture of the type `{content}`, not PNG or JPEG")));
                }
            }
            "texture2dgroup" => {
                element.index("texid")?;
            }
            "compositematerials" => {
                let id = element.index("matid")?;
                element.need("matindices")?;
                if kind_of(id) != Some("basematerials") {
                    return Err(element.wrong(format!("composes the resource {id}, which is no group of materials")));
                }
            }
            "multiproperties" => {
                let mut materials = 0;
                let mut colours = 0;
                for word in element.need("pids")?.split_whitespace() {
                    let of = word.parse().ok().and_then(kind_of);
                    match of {
                        Some("basematerials" | "compositematerials") => materials += 1,
                        Some("colorgroup") => colours += 1,
                        Some("multiproperties") => {
                            return Err(element.wrong("has multiple properties that refer to such".to_owned()));
                        }
                        _ => {}
                    }
                }
                if materials > 1 || colours > 1 {
                    return Err(element.wrong(format!(
                        "has multiple properties of {materials} materials and {colours} colours, one of each at most"
                    )));
                }
            }
            _ => {}
        }
        self.groups.insert(element.index("id")?, kind);
        Ok(())
    }
}
