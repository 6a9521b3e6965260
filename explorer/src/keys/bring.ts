// Licensed under the Apache License, Version 2.0; see LICENSE.

// The seed of a key that somebody brings: PEM (what was-curl and openssl write), OpenSSH's own
// form, or a seed in multibase. Reads text, keeps nothing, and says what it could not read.

import { base58, base64, base64url, base64urlnopad } from '@scure/base'
import { SEED_BYTES, type Bytes } from './ed25519'

// Why a text is no key, as a name of a text of strings.ts.
export type Reason = 'notAKey' | 'encryptedKey' | 'otherKindOfKey' | 'truncatedKey'

export class NotAKey extends Error {
  constructor(readonly reason: Reason) {
    super(reason)
  }
}

const LONGEST = 16384
// OID 1.3.101.112 in DER, and the seed's two wrappings behind it.
const ED25519_OID = [0x06, 0x03, 0x2b, 0x65, 0x70]
const SEED_WRAP = [0x04, 0x22, 0x04, 0x20]
const OPENSSH_MAGIC = 'openssh-key-v1\0'
// Multicodec ed25519-priv, as a varint.
const ED25519_PRIV = [0x80, 0x26]

export function seedOf(text: string): Bytes {
  if (text.length > LONGEST) throw new NotAKey('notAKey')
  const [, label, body] = /-----BEGIN ([A-Z ]+)-----([^-]*)-----END \1-----/.exec(text) ?? []
  if (label === undefined || body === undefined) return multibaseSeed(text.trim())
  const bytes = decoded(() => base64.decode(body.replace(/\s/g, '')))
  if (label === 'PRIVATE KEY') return pkcs8Seed(bytes)
  if (label === 'OPENSSH PRIVATE KEY') return opensshSeed(bytes)
  throw new NotAKey(/ENCRYPTED/.test(label) ? 'encryptedKey' : 'otherKindOfKey')
}

function decoded(decode: () => Uint8Array): Bytes {
  try {
    return new Uint8Array(decode())
  } catch {
    throw new NotAKey('notAKey')
  }
}

function indexOf(bytes: Uint8Array, wanted: number[]): number {
  for (let at = 0; at + wanted.length <= bytes.length; at++)
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at
  return -1
}

function pkcs8Seed(bytes: Bytes): Bytes {
  const oid = indexOf(bytes, ED25519_OID)
  if (oid < 0) throw new NotAKey('otherKindOfKey')
  const rest = bytes.slice(oid + ED25519_OID.length)
  const at = indexOf(rest, SEED_WRAP)
  const seed = rest.slice(at + SEED_WRAP.length, at + SEED_WRAP.length + SEED_BYTES)
  if (at < 0 || seed.length !== SEED_BYTES) throw new NotAKey('truncatedKey')
  return seed
}

// Reads the length-prefixed strings that OpenSSH's forms consist of.
class Strings {
  private at = 0
  constructor(private readonly bytes: Bytes) {}

  number(): number {
    if (this.at + 4 > this.bytes.length) throw new NotAKey('truncatedKey')
    const value = new DataView(this.bytes.buffer, this.bytes.byteOffset).getUint32(this.at)
    this.at += 4
    return value
  }

  next(): Bytes {
    const length = this.number()
    if (length > this.bytes.length - this.at) throw new NotAKey('truncatedKey')
    this.at += length
    return this.bytes.slice(this.at - length, this.at)
  }

  text(): string {
    return new TextDecoder().decode(this.next())
  }
}

function opensshSeed(bytes: Bytes): Bytes {
  const magic = new TextDecoder().decode(bytes.slice(0, OPENSSH_MAGIC.length))
  if (magic !== OPENSSH_MAGIC) throw new NotAKey('notAKey')
  const outer = new Strings(bytes.slice(OPENSSH_MAGIC.length))
  if (outer.text() !== 'none') throw new NotAKey('encryptedKey')
  outer.next()
  outer.next()
  if (outer.number() !== 1) throw new NotAKey('otherKindOfKey')
  outer.next()
  const inner = new Strings(outer.next())
  inner.number()
  inner.number()
  if (inner.text() !== 'ssh-ed25519') throw new NotAKey('otherKindOfKey')
  inner.next()
  const pair = inner.next()
  if (pair.length !== 2 * SEED_BYTES) throw new NotAKey('truncatedKey')
  return pair.slice(0, SEED_BYTES)
}

// z (base58btc), u (base64url), m (base64) or f (hexadecimal); the multicodec's prefix in front of
// the seed, or not, and the public key behind it, or not.
function multibaseSeed(text: string): Bytes {
  const rest = text.slice(1)
  const bytes = decoded(() => {
    if (text[0] === 'z') return base58.decode(rest)
    if (text[0] === 'u') return base64urlnopad.decode(rest)
    if (text[0] === 'U') return base64url.decode(rest)
    if (text[0] === 'm') return base64.decode(rest.padEnd(Math.ceil(rest.length / 4) * 4, '='))
    if (text[0] === 'f' && /^([0-9a-f]{2})+$/i.test(rest))
      return new Uint8Array(rest.match(/../g)!.map(pair => parseInt(pair, 16)))
    throw new NotAKey('notAKey')
  })
  const prefixed = bytes.length > SEED_BYTES && ED25519_PRIV.every((byte, i) => bytes[i] === byte)
  const seed = prefixed ? bytes.slice(ED25519_PRIV.length) : bytes
  if (seed.length !== SEED_BYTES && !(prefixed && seed.length === 2 * SEED_BYTES))
    throw new NotAKey(seed.length < SEED_BYTES ? 'truncatedKey' : 'otherKindOfKey')
  return seed.slice(0, SEED_BYTES)
}
