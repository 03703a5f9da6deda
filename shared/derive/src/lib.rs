//! `#[derive(Wire)]` describes a struct for the table-driven codec
//! (`shared/src/codec/table`), and `#[derive(Take)]` reads it from binary, both from the same
//! fields and serde attributes that serde's own derive reads.

use proc_macro::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Expr, Field, Fields, Meta, Token, parse_macro_input, punctuated::Punctuated};

/// Implements `Wire` for a struct with named fields.
///
/// A field with `#[serde(default)]` may be missing. A field whose serde attributes name
/// functions (`with`, `deserialize_with`) says by `#[wire(kind = …)]` which `Kind` they
/// read and write.
#[proc_macro_derive(Wire, attributes(wire))]
pub fn wire(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    described(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Implements `Take` and `TakeBody` for a struct with named fields: reads them in their order.
/// In a message's own struct a field with `#[serde(default)]` may be missing at the end.
#[proc_macro_derive(Take)]
pub fn take(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    taken(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

fn taken(input: &DeriveInput) -> Result<proc_macro2::TokenStream, Error> {
    let (mut whole, mut body) = (Vec::new(), Vec::new());
    for field in named(input)? {
        let name = &field.ident;
        let take = if is_id_or_zero(field)? {
            quote!(::shardlink_shared::codec::table::id_or_zero(rest)?)
        } else {
            quote!(::shardlink_shared::codec::table::Take::take(rest)?)
        };
        let has_default = arguments(field, "serde")?.iter().any(|meta| meta.path().is_ident("default"));
        let missing = if has_default { quote!(::std::default::Default::default()) } else { quote!(return None) };
        body.push(quote!(#name: if rest.is_empty() { #missing } else { #take }));
        whole.push(quote!(#name: #take));
    }
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        impl #generics ::shardlink_shared::codec::table::Take for #name #arguments #bounds {
            fn take(rest: &mut &[u8]) -> Option<Self> {
                Some(Self { #(#whole),* })
            }
        }

        impl #generics ::shardlink_shared::codec::table::TakeBody for #name #arguments #bounds {
            fn take_body(mut body: &[u8]) -> Option<Self> {
                let rest = &mut body;
                Some(Self { #(#body),* })
            }
        }
    })
}

fn is_id_or_zero(field: &Field) -> Result<bool, Error> {
    let kinds = arguments(field, "wire")?;
    Ok(kinds.iter().any(|meta| quote!(#meta).to_string().contains("IdOrZero")))
}

fn named(input: &DeriveInput) -> Result<&Punctuated<Field, Token![,]>, Error> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(input, "only structs are described by a derive"));
    };
    match &data.fields {
        Fields::Named(fields) => Ok(&fields.named),
        _ => Err(Error::new_spanned(input, "only structs with named fields are described by a derive")),
    }
}

fn described(input: &DeriveInput) -> Result<proc_macro2::TokenStream, Error> {
    let fields = named(input)?.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        impl #generics ::shardlink_shared::codec::table::Wire for #name #arguments #bounds {
            const KIND: &'static ::shardlink_shared::codec::table::Kind =
                &::shardlink_shared::codec::table::Kind::Struct(&[#(#fields),*]);
        }
    })
}

fn field(field: &Field) -> Result<proc_macro2::TokenStream, Error> {
    let name = field.ident.as_ref().map(ToString::to_string);
    let serde = arguments(field, "serde")?;
    let named = |wanted: &str| serde.iter().find(|meta| meta.path().is_ident(wanted));
    if let Some(unknown) = serde.iter().find(|meta| !KNOWN.iter().any(|known| meta.path().is_ident(known))) {
        return Err(Error::new_spanned(unknown, "derive(Wire) does not know this attribute of serde's"));
    }
    let mut kind = None;
    for meta in arguments(field, "wire")? {
        let pair = meta.require_name_value()?;
        if !pair.path.is_ident("kind") {
            return Err(Error::new_spanned(pair, "only `kind` is known"));
        }
        kind = Some(pair.value.clone());
    }
    if let (None, Some(with)) = (&kind, named("with").or_else(|| named("deserialize_with"))) {
        return Err(Error::new_spanned(with, "say by #[wire(kind = …)] what these functions read and write"));
    }
    let default = named("default").is_some();
    let kind = kind.map_or_else(
        || {
            let of = &field.ty;
            quote!(<#of as ::shardlink_shared::codec::table::Wire>::KIND)
        },
        |kind: Expr| quote!(&#kind),
    );
    Ok(quote! {
        ::shardlink_shared::codec::table::Field { name: #name, kind: #kind, default: #default }
    })
}

/// serde's attributes that change nothing here, or are read here.
const KNOWN: [&str; 4] = ["default", "with", "deserialize_with", "serialize_with"];

/// What stands in the attributes of this name.
fn arguments(field: &Field, name: &str) -> Result<Vec<Meta>, Error> {
    let mut all = Vec::new();
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident(name)) {
        all.extend(attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?);
    }
    Ok(all)
}
