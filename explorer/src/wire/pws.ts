// Licensed under the Apache License, Version 2.0; see LICENSE.

// Portable Web Spaces: spaces, collections, resources, policies, quotas, archives, revocations.
// Says what the protocol calls things and what comes back of them; refuses to know who looks at it.

import { ask, askJson, jsonBody, Refused, type Caller, type Capability } from './request'
import { inside, listOf, numberOf, objectOf, textOf, timeOf, type JsonObject } from './values'

export interface Space {
  id: string
  name: string
  url: string
  controller?: string | undefined
}

export interface Collection {
  id: string
  name: string
  url: string
}

export interface Item {
  id: string
  name: string
  url: string
  type: string
  writer?: string | undefined
  // Where the list says so.
  size?: number | undefined
  time?: Date | undefined
}

export interface Page {
  items: Item[]
  total?: number | undefined
  next?: string | undefined
}

// What is said of a space, a collection or a resource, and the validator for saying it anew.
export interface Noted {
  document: JsonObject
  etag?: string | undefined
}

export interface Usage {
  used: number
  limit?: number | undefined
  state: string
  largest?: number | undefined
  collections: { id: string; used: number }[]
}

const PAGE = 100

export function spaceUrl({ server }: Caller, space: string): string {
  return `${server.base}space/${encodeURIComponent(space)}/`
}

export function collectionUrl(caller: Caller, space: string, collection: string): string {
  return `${spaceUrl(caller, space)}${encodeURIComponent(collection)}/`
}

function named(caller: Caller, value: unknown): Collection | undefined {
  const { id, name, url } = objectOf(value)
  const at = inside(caller.server.base, url)
  const known = textOf(id)
  return known && at ? { id: known, name: textOf(name) ?? known, url: at } : undefined
}

export async function listSpaces(caller: Caller): Promise<Space[]> {
  return await listAll(caller, `${caller.server.base}spaces/`)
}

export async function listCollections(caller: Caller, space: string): Promise<Collection[]> {
  return await listAll(caller, spaceUrl(caller, space))
}

async function listAll(caller: Caller, first: string): Promise<Collection[]> {
  const all: Collection[] = []
  let url: string | undefined = first
  while (url) {
    const answer: JsonObject = await askJson(caller, 'GET', url)
    all.push(...listOf(answer.items).flatMap(item => named(caller, item) ?? []))
    url = inside(caller.server.base, answer.next)
  }
  return all
}

export async function makeSpace(caller: Caller, name: string): Promise<Space> {
  const controller = caller.identity!.did
  const body = jsonBody({ name, controller })
  const said = await askJson(caller, 'POST', `${caller.server.base}spaces/`, { body })
  const space = named(caller, said)
  if (!space) throw new Refused(200, '', '', '', '')
  return space
}

export async function makeCollection(caller: Caller, space: string, name: string) {
  const body = jsonBody({ name })
  await ask(caller, 'POST', spaceUrl(caller, space), { body })
}

export async function listResources(caller: Caller, url: string): Promise<Page> {
  const asked = new URL(url)
  if (!asked.searchParams.has('limit')) asked.searchParams.set('limit', `${PAGE}`)
  const answer = await askJson(caller, 'GET', asked.href)
  const items = listOf(answer.items).flatMap(value => {
    const item = named(caller, value)
    const { contentType, writerId } = objectOf(value)
    return item ? { ...item, type: textOf(contentType) ?? '', writer: textOf(writerId) } : []
  })
  return {
    items,
    total: numberOf(answer.totalItems),
    next: inside(caller.server.base, answer.next)
  }
}

// Of a container or a resource; undefined where it is not there or not for this caller.
export async function readMeta(caller: Caller, url: string): Promise<Noted | undefined> {
  return await noted(caller, url.endsWith('/') ? `${url}meta` : `${url}/meta`)
}

async function noted(caller: Caller, url: string): Promise<Noted | undefined> {
  try {
    const response = await ask(caller, 'GET', url)
    const etag = response.headers.get('etag') ?? undefined
    return { document: objectOf(await response.json().catch(() => null)), etag }
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined
    throw error
  }
}

// What a PUT replaces as a whole, and so takes along: the members that a client says.
const OF_CONTAINER = [
  'id controller type name backend encryption plaintext custom epoch generator generatorOrigin',
  'revisions'
]
  .join(' ')
  .split(' ')

export async function rename(caller: Caller, url: string, name: string): Promise<void> {
  const before = await readMeta(caller, url)
  const known = before?.document ?? {}
  const container = url.endsWith('/')
  const document: JsonObject = container
    ? Object.fromEntries(Object.entries(known).filter(([member]) => OF_CONTAINER.includes(member)))
    : { custom: { ...objectOf(known.custom), name } }
  if (container) document.name = name
  // A log says it; a PUT that does, too, is refused.
  if (objectOf(document.encryption).history) delete document.encryption
  const headers = { 'if-match': before?.etag }
  const at = container ? `${url}meta` : `${url}/meta`
  await ask(caller, 'PUT', at, { body: jsonBody(document), headers })
}

export async function isPublic(caller: Caller, url: string): Promise<boolean> {
  const policy = await noted(caller, policyUrl(url))
  return policy?.document.type === 'PublicCanRead'
}

export async function setPublic(caller: Caller, url: string, open: boolean): Promise<void> {
  if (open) await ask(caller, 'PUT', policyUrl(url), { body: jsonBody({ type: 'PublicCanRead' }) })
  else await ask(caller, 'DELETE', policyUrl(url))
}

function policyUrl(url: string): string {
  return url.endsWith('/') ? `${url}policy` : `${url}/policy`
}

export async function readUsage(caller: Caller, space: string): Promise<Usage | undefined> {
  const at = `${spaceUrl(caller, space)}quotas?include=collections`
  const answer = await askJson(caller, 'GET', at).catch(error => {
    if (error instanceof Refused) return undefined
    throw error
  })
  const entry = objectOf(listOf(answer?.backends)[0])
  const used = numberOf(entry.usageBytes)
  if (used === undefined) return undefined
  return {
    used,
    limit: numberOf(objectOf(entry.limit).capacityBytes),
    state: textOf(entry.state) ?? '',
    largest: numberOf(objectOf(entry.constraints).maxUploadBytes),
    collections: listOf(entry.usageByCollection).map(value => {
      const { id, usageBytes } = objectOf(value)
      return { id: textOf(id) ?? '', used: numberOf(usageBytes) ?? 0 }
    })
  }
}

export async function importArchive(
  caller: Caller,
  space: string,
  archive: Blob,
  progress: (sent: number) => void
): Promise<JsonObject> {
  const response = await ask(caller, 'POST', `${spaceUrl(caller, space)}import`, {
    body: archive,
    type: 'application/x-tar',
    progress
  })
  return objectOf(await response.json().catch(() => null))
}

export async function revoke(caller: Caller, space: string, capability: Capability): Promise<void> {
  const id = encodeURIComponent(capability.id)
  const url = `${spaceUrl(caller, space)}zcaps/revocations/${id}`
  await ask(caller, 'POST', url, { body: jsonBody(capability) })
}

export interface Facts {
  type: string
  size?: number | undefined
  time?: Date | undefined
  by?: string | undefined
  name?: string | undefined
}

export function factsOf({ document }: Noted): Facts {
  return {
    type: textOf(document.contentType) ?? '',
    size: numberOf(document.size),
    time: timeOf(document.updatedAt),
    by: textOf(document.writerId) ?? textOf(document.createdBy),
    name: textOf(objectOf(document.custom).name)
  }
}
