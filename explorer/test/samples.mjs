// Licensed under the Apache License, Version 2.0; see LICENSE.

// Files and keys for the tests of the explorer, made here, so that nothing comes from elsewhere.

import { generateKeyPairSync } from 'node:crypto'

// What Playwright takes for a file of a picker.
export function file(name, mimeType, content) {
  return { name, mimeType, buffer: Buffer.from(content) }
}

// One dot.
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk' +
    '+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64'
)

export const PDF = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n' +
    '2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n' +
    '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\n' +
    'trailer<</Root 1 0 R>>\n'
)

// Silence, of so many seconds: 16,000 bytes each.
export function wav(seconds) {
  const rate = 8000
  const data = Buffer.alloc(seconds * rate * 2)
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + data.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(data.length, 40)
  return Buffer.concat([head, data])
}

// Runs in a page: a film of thirty frames, as the browser records one; in base64.
export async function recordFilm() {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 64
  const context = canvas.getContext('2d')
  const recorder = new MediaRecorder(canvas.captureStream(), { mimeType: 'video/webm' })
  const pieces = []
  recorder.ondataavailable = ({ data }) => pieces.push(data)
  const over = new Promise(resolve => (recorder.onstop = resolve))
  recorder.start()
  for (let frame = 0; frame < 30; frame++) {
    await new Promise(requestAnimationFrame)
    context.fillStyle = `hsl(${frame * 12} 80% 50%)`
    context.fillRect(0, 0, canvas.width, canvas.height)
  }
  recorder.stop()
  await over
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer())
  return btoa(String.fromCharCode(...bytes))
}

export const CREDENTIAL = {
  '@context': ['https://www.w3.org/ns/credentials/v2'],
  type: ['VerifiableCredential', 'LibraryCard'],
  issuer: 'did:web:library.example',
  validFrom: '2026-01-15T12:00:00Z',
  credentialSubject: { id: 'did:example:reader', card: 7 },
  proof: { type: 'DataIntegrityProof' }
}

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

export function base58(bytes) {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)
  let text = ''
  for (; value > 0n; value /= 58n) text = ALPHABET[Number(value % 58n)] + text
  return '1'.repeat(bytes.findIndex(byte => byte !== 0)) + text
}

// A key in each form that one may bring, and its DID.
export function strangeKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    did: `did:key:z${base58(Buffer.concat([Buffer.from([0xed, 1]), raw]))}`,
    pem: privateKey.export({ format: 'pem', type: 'pkcs8' }),
    openssh: openssh(seed, raw, 'none'),
    locked: openssh(seed, raw, 'aes256-ctr'),
    cut: openssh(seed, raw, 'none', 120),
    multibase: `z${base58(Buffer.concat([Buffer.from([0x80, 0x26]), seed]))}`,
    hexadecimal: `f${seed.toString('hex')}`
  }
}

function openssh(seed, raw, cipher, length) {
  const text = value => {
    const bytes = Buffer.from(value)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  const publicKey = Buffer.concat([text('ssh-ed25519'), text(raw)])
  const check = Buffer.from('0000000700000007', 'hex')
  const pair = text(Buffer.concat([seed, raw]))
  const secret = Buffer.concat([check, publicKey, pair, text('a comment')])
  const pad = Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, (8 - (secret.length % 8)) % 8)
  const all = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    text(cipher),
    text(cipher === 'none' ? 'none' : 'bcrypt'),
    text(''),
    Buffer.from([0, 0, 0, 1]),
    text(publicKey),
    text(Buffer.concat([secret, pad]))
  ])
  const lines = all.subarray(0, length).toString('base64').replace(/.{70}/g, '$&\n')
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`
}
