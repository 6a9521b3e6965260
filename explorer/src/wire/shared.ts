// Licensed under the Apache License, Version 2.0; see LICENSE.

// What was shared: given away, and received. Kept in IndexedDB. A capability is no secret that
// helps a thief, since it is good for the key that it names alone. Reads what somebody pastes,
// which may be anything.

import { createStore, del, entries, set } from 'idb-keyval'
import { baseOf } from './server'
import type { Capability } from './request'
import { listOf, objectOf, textOf, timeOf } from './values'

export interface Share {
  capability: Capability
  given: boolean
  revoked: boolean
  since: string
  // Whose it is: who gave it, or to whom it was given.
  did: string
}

export type Trouble = 'notAShare' | 'shareExpired' | 'shareOfNothing'

export class NotAShare extends Error {
  constructor(readonly reason: Trouble) {
    super(reason)
  }
}

const LONGEST = 65536
const table = createStore('was-explorer-shares', 'shares')

export async function allShares(): Promise<Share[]> {
  const rows = await entries<string, Share>(table)
  return rows.map(([, share]) => share).sort((a, b) => b.since.localeCompare(a.since))
}

export async function keepShare(share: Share): Promise<void> {
  await set(keyOf(share), share, table)
}

export async function forgetShare(share: Share): Promise<void> {
  await del(keyOf(share), table)
}

function keyOf({ given, capability }: Share): string {
  return `${given ? 'given' : 'received'} ${capability.id}`
}

// The capability in a pasted text, if it can be of use to anybody at all.
export function readShare(text: string): Capability {
  let value: unknown
  try {
    if (text.length > LONGEST) throw new Error()
    value = JSON.parse(text)
  } catch {
    throw new NotAShare('notAShare')
  }
  const capability = objectOf(value)
  const { id, invocationTarget, parentCapability, proof } = capability
  if (![id, invocationTarget, parentCapability].every(textOf) || !proofOf(proof).capabilityChain)
    throw new NotAShare('notAShare')
  if (!placeOf(textOf(invocationTarget)!)) throw new NotAShare('shareOfNothing')
  const ends = timeOf(capability.expires)
  if (!ends || ends.getTime() < Date.now()) throw new NotAShare('shareExpired')
  return capability as unknown as Capability
}

function proofOf(proof: unknown) {
  return objectOf(Array.isArray(proof) ? proof[0] : proof)
}

export function controllersOf({ controller }: Capability): string[] {
  return [controller, ...listOf(controller)].flatMap(did => textOf(did) ?? [])
}

export function giverOf({ proof }: Capability): string {
  return (textOf(proofOf(proof).verificationMethod) ?? '').split('#')[0]!
}

export function actionsOf({ allowedAction }: Capability): string[] {
  const said = [allowedAction, ...listOf(allowedAction)].flatMap(action => textOf(action) ?? [])
  return said.length > 0 ? said : ['GET', 'PUT', 'POST', 'DELETE']
}

export interface Place {
  base: string
  space: string
  collection?: string | undefined
  resource?: string | undefined
}

// Where a target is.
export function placeOf(target: string): Place | undefined {
  try {
    const base = baseOf(target)
    const [path] = target.slice(base.length).split(/[?#]/)
    const [kind, ...rest] = path!.split('/').map(decodeURIComponent)
    const [space, collection, resource, ...more] = rest
    if (!target.startsWith(base) || kind !== 'space' || !space || more.length > 0) return undefined
    return { base, space, collection: collection || undefined, resource: resource || undefined }
  } catch {
    return undefined
  }
}
