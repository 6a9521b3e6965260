// Licensed under the Apache License, Version 2.0; see LICENSE.

// Ed25519 keys: made by the browser or brought as a seed, and their did:key names. A key that the
// browser can keep is one that no script reads, this one neither: `extractable` is false unless its
// owner chose otherwise when it was made. Where the browser knows no Ed25519, a library signs, and
// the seed lies where this origin's scripts could read it. Knows nothing of where keys are stored.

import { base58, base64urlnopad } from '@scure/base'

export type Bytes = Uint8Array<ArrayBuffer>

// What is stored of a key: one that the browser keeps, or a seed.
export interface KeyMaterial {
  publicKey: Bytes
  privateKey?: CryptoKey
  seed?: Bytes
}

const ALGORITHM = { name: 'Ed25519' }
const ED25519_PUB = [0xed, 0x01]
// A PKCS #8 document of an Ed25519 key, up to its seed (RFC 8410).
const PKCS8_HEAD = [
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20
]
export const SEED_BYTES = 32

let supported: Promise<boolean> | undefined

// Whether the browser signs with Ed25519 by itself.
export function browserSigns(): Promise<boolean> {
  supported ??= crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']).then(
    () => true,
    () => false
  )
  return supported
}

export async function makeKey(extractable: boolean): Promise<KeyMaterial> {
  if (!(await browserSigns())) return await keyOfSeed(crypto.getRandomValues(new Uint8Array(32)))
  const pair = (await crypto.subtle.generateKey(ALGORITHM, extractable, [
    'sign',
    'verify'
  ])) as CryptoKeyPair
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  return { publicKey, privateKey: pair.privateKey }
}

export async function keyOfSeed(seed: Bytes): Promise<KeyMaterial> {
  if (!(await browserSigns())) {
    const { getPublicKeyAsync } = await import('@noble/ed25519')
    return { publicKey: new Uint8Array(await getPublicKeyAsync(seed)), seed }
  }
  const pkcs8 = new Uint8Array([...PKCS8_HEAD, ...seed])
  // Once to learn the public half, once to keep what nobody can read.
  const open = await crypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, true, ['sign'])
  const { x } = await crypto.subtle.exportKey('jwk', open)
  const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign'])
  return { publicKey: new Uint8Array(base64urlnopad.decode(x!)), privateKey }
}

export async function signWith(key: KeyMaterial, data: Uint8Array): Promise<Bytes> {
  if (key.privateKey) {
    const bytes = new Uint8Array(data)
    return new Uint8Array(await crypto.subtle.sign(ALGORITHM, key.privateKey, bytes))
  }
  const { signAsync } = await import('@noble/ed25519')
  return new Uint8Array(await signAsync(data, key.seed!))
}

// The key as PEM (PKCS #8), of one that may leave the browser.
export async function pemOf(key: KeyMaterial): Promise<string> {
  const der = key.privateKey
    ? new Uint8Array(await crypto.subtle.exportKey('pkcs8', key.privateKey))
    : new Uint8Array([...PKCS8_HEAD, ...key.seed!])
  const text = btoa(String.fromCharCode(...der)).replace(/.{64}/g, '$&\n')
  return `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----\n`
}

export function didOf(publicKey: Uint8Array): string {
  return `did:key:z${base58.encode(new Uint8Array([...ED25519_PUB, ...publicKey]))}`
}

// did:key:F#F, as signatures name it.
export function keyIdOf(did: string): string {
  return `${did}#${did.slice('did:key:'.length)}`
}

// Whether a text is the did:key of an Ed25519 key: what a share can be given to.
export function isDid(text: string): boolean {
  const [, encoded] = /^did:key:z([1-9A-HJ-NP-Za-km-z]{40,60})$/.exec(text) ?? []
  if (!encoded) return false
  try {
    const bytes = base58.decode(encoded)
    return bytes.length === 34 && bytes[0] === ED25519_PUB[0] && bytes[1] === ED25519_PUB[1]
  } catch {
    return false
  }
}
