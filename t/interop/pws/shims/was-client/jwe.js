// Licensed under the Apache License, Version 2.0; see LICENSE.

// JSON Web Encryption (RFC 7516) as documents of an encrypted data vault have it: content by
// A256GCM, its key for each recipient by ECDH-ES+A256KW (RFC 7518) over X25519 (RFC 8037). Keys of
// recipients are pairs of @interop/x25519-key-agreement-key, secrets 32 bytes. Knows no document.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

import { X25519KeyAgreementKey2020 } from '@interop/x25519-key-agreement-key'
import { decode, encode } from 'base58-universal'

const ALG = 'ECDH-ES+A256KW'
const KEY_WRAP_IV = Buffer.alloc(8, 0xa6)
const PUBLIC = [0xec, 0x01]
const PRIVATE = [0x82, 0x26]

// What a multibase key holds, and back.
const bytesOf = multibase => Buffer.from(decode(multibase.slice(1)).slice(PUBLIC.length))
const multibaseOf = (kind, bytes) => `z${encode(Uint8Array.of(...kind, ...bytes))}`

export const secretOf = ({ privateKeyMultibase }) => bytesOf(privateKeyMultibase)

// The pair of a secret whose public half is the fragment of its id.
export function pairOf(id, secret) {
  return new X25519KeyAgreementKey2020({
    id,
    publicKeyMultibase: id.split('#')[1],
    privateKeyMultibase: multibaseOf(PRIVATE, secret)
  })
}

const lengthOf = bytes => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return length
}

// The one round of the key derivation that 256 bits take (RFC 7518 4.6.2).
function keyOf(shared, { alg, apu = '', apv = '' }) {
  const infos = [
    Buffer.from(alg),
    Buffer.from(apu, 'base64url'),
    Buffer.from(apv, 'base64url')
  ].flatMap(info => [lengthOf(info), info])
  const hash = createHash('sha256')
  for (const part of [[0, 0, 0, 1], shared, ...infos, [0, 0, 1, 0]]) hash.update(Buffer.from(part))
  return hash.digest()
}

// A secret for a recipient: { header, encrypted_key }.
export async function wrap(secret, recipient) {
  const ephemeral = await X25519KeyAgreementKey2020.generate()
  const x = bytesOf(ephemeral.publicKeyMultibase).toString('base64url')
  const header = {
    kid: recipient.id,
    alg: ALG,
    epk: { kty: 'OKP', crv: 'X25519', x },
    apu: x,
    apv: Buffer.from(recipient.id).toString('base64url')
  }
  const shared = await ephemeral.deriveSecret({ publicKey: recipient })
  const cipher = createCipheriv('id-aes256-wrap', keyOf(shared, header), KEY_WRAP_IV)
  const wrapped = Buffer.concat([cipher.update(secret), cipher.final()])
  return { header, encrypted_key: wrapped.toString('base64url') }
}

// Of several recipients the one whose pair this is.
export async function unwrap(recipients, pair) {
  const { header, encrypted_key } = recipients.find(({ header: { kid } }) => kid === pair.id)
  const ephemeral = multibaseOf(PUBLIC, Buffer.from(header.epk.x, 'base64url'))
  const shared = await pair.deriveSecret({ publicKey: { publicKeyMultibase: ephemeral } })
  const decipher = createDecipheriv('id-aes256-wrap', keyOf(shared, header), KEY_WRAP_IV)
  return Buffer.concat([decipher.update(encrypted_key, 'base64url'), decipher.final()])
}

// Text under a secret: { protected, iv, ciphertext, tag }. The header is authenticated with it.
export function seal(text, secret) {
  const header = Buffer.from('{"enc":"A256GCM"}').toString('base64url')
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', secret, iv).setAAD(Buffer.from(header))
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return {
    protected: header,
    iv: iv.toString('base64url'),
    ciphertext: ciphertext.toString('base64url'),
    tag: cipher.getAuthTag().toString('base64url')
  }
}

export function open({ protected: header, iv, ciphertext, tag }, secret) {
  const decipher = createDecipheriv('aes-256-gcm', secret, Buffer.from(iv, 'base64url'))
    .setAAD(Buffer.from(header))
    .setAuthTag(Buffer.from(tag, 'base64url'))
  return decipher.update(ciphertext, 'base64url', 'utf8') + decipher.final('utf8')
}
