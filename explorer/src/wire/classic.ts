// Licensed under the Apache License, Version 2.0; see LICENSE.

// The classic protocol: spaces, and resources under paths. It has no list of a space's resources,
// so one is read off the space's archive, as far as somebody wants it read.

import { createTarDecoder } from 'modern-tar'
import { ask, askJson, Broken, jsonBody, jsonOf, Refused, type Caller } from './request'
import type { Item, Space } from './pws'
import { essence, inside, listOf, objectOf, textOf, type JsonObject } from './values'

export function spaceUrl({ server }: Caller, space: string): string {
  return `${server.base}space/${encodeURIComponent(space)}`
}

// `path` is that of the space's own, with its leading slash, decoded.
export function resourceUrl(caller: Caller, space: string, path: string): string {
  return spaceUrl(caller, space) + path.split('/').map(encodeURIComponent).join('/')
}

// The list does not say names; each space does.
export async function listSpaces(caller: Caller): Promise<Space[]> {
  const answer = await jsonOf(await ask(caller, 'GET', `${caller.server.base}spaces/`))
  const ids = listOf(answer).flatMap(value => textOf(objectOf(value).id) ?? [])
  return await Promise.all(ids.map(id => readSpace(caller, id.replace(/^urn:uuid:/, ''))))
}

export async function readSpace(caller: Caller, id: string): Promise<Space> {
  const url = spaceUrl(caller, id)
  const document = await askJson(caller, 'GET', url).catch(error => {
    if (error instanceof Refused) return {} as JsonObject
    throw error
  })
  return { id, url, name: textOf(document.name) ?? id, controller: textOf(document.controller) }
}

export async function makeSpace(caller: Caller, name: string): Promise<Space> {
  const body = jsonBody({ name, controller: caller.identity!.did })
  const response = await ask(caller, 'POST', `${caller.server.base}spaces/`, { body })
  const url = inside(caller.server.base, response.headers.get('location'))
  if (!url) throw new Refused(response.status, '', '', '', '')
  const id = decodeURIComponent(url.slice(url.lastIndexOf('/') + 1))
  return { id, url, name }
}

export async function renameSpace(caller: Caller, space: string, name: string): Promise<void> {
  const url = spaceUrl(caller, space)
  const response = await ask(caller, 'GET', url)
  const { controller } = objectOf(await jsonOf(response))
  const headers = { 'if-match': response.headers.get('etag') ?? undefined }
  await ask(caller, 'PUT', url, { body: jsonBody({ controller, name }), headers })
}

export interface Listing {
  items: Item[]
  // Bytes of the archive that were read, and whether that was all.
  read: number
  whole: boolean
}

// Reads the archive until it ends, `signal` says so, or it is longer than `most` bytes; tells of
// what it found on the way.
export async function listPaths(
  caller: Caller,
  space: string,
  most: number,
  signal: AbortSignal,
  found: (listing: Listing) => void
): Promise<Listing> {
  const headers = { accept: 'application/x-tar' }
  const response = await ask(caller, 'GET', spaceUrl(caller, space), { headers, signal })
  const listing: Listing = { items: [], read: 0, whole: false }
  let cut = false
  // Pieces are as long as the browser likes: the last one is cut, and nothing behind it asked for.
  const counted = response.body!.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(piece, out) {
        const wanted = piece.subarray(0, most - listing.read)
        cut = wanted.length < piece.length
        listing.read += wanted.length
        out.enqueue(wanted)
        if (cut) out.terminate()
      }
    })
  )
  try {
    for await (const { header, body } of counted.pipeThrough(createTarDecoder())) {
      const path = textOf(header.pax?.['SCHILY.xattr.user.was.path'])
      const type = textOf(header.pax?.['SCHILY.xattr.user.mime_type']) ?? ''
      if (header.type === 'file' && path)
        listing.items.push({
          id: path,
          name: path,
          url: resourceUrl(caller, space, path),
          type,
          size: header.size,
          time: header.mtime
        })
      await body.cancel()
      found({ ...listing })
    }
    return { ...listing, whole: !cut }
  } catch (error) {
    if (cut) return listing
    throw signal.aborted ? error : new Broken()
  }
}

export async function importArchive(
  caller: Caller,
  space: string,
  archive: Blob,
  progress: (sent: number) => void
): Promise<JsonObject> {
  const options = { body: archive, type: 'application/x-tar', progress }
  return objectOf(await jsonOf(await ask(caller, 'POST', spaceUrl(caller, space), options)))
}

// Whether who signs nothing may read this: asked, since it is the server's choice, too.
export async function isPublic(caller: Caller, url: string): Promise<boolean> {
  try {
    await ask({ server: caller.server }, 'HEAD', url)
    return true
  } catch (error) {
    if (error instanceof Refused) return false
    throw error
  }
}

const ACCESS = '/.access/linkset'
const PUBLIC = '/.access/public'

// An access list: an entry of the space's linkset that names the resource and a document which lets
// anybody read.
export async function setPublic(caller: Caller, space: string, url: string, open: boolean) {
  const at = spaceUrl(caller, space)
  const { pathname: anchor } = new URL(url)
  const before = await ask(caller, 'GET', at)
  const said = objectOf(await jsonOf(before))
  const linkset = inside(`${at}/`, said.link) ?? resourceUrl(caller, space, ACCESS)
  const { entries, etag } = await readLinkset(caller, linkset)
  const others = entries.filter(entry => entry.anchor !== anchor)
  const href = new URL(resourceUrl(caller, space, PUBLIC)).pathname
  if (open) {
    const body = jsonBody({ type: 'PublicCanRead' })
    await ask(caller, 'PUT', resourceUrl(caller, space, PUBLIC), { body })
    others.push({ anchor, acl: [{ href }] })
  }
  await ask(caller, 'PUT', linkset, {
    body: jsonBody({ linkset: others }),
    type: 'application/linkset+json',
    headers: etag ? { 'if-match': etag } : { 'if-none-match': '*' }
  })
  if (textOf(said.link)) return
  const document = { controller: said.controller, link: new URL(linkset).pathname }
  const headers = { 'if-match': before.headers.get('etag') ?? undefined }
  await ask(caller, 'PUT', at, { body: jsonBody(document), headers })
}

async function readLinkset(caller: Caller, url: string) {
  try {
    const response = await ask(caller, 'GET', url)
    if (essence(response.headers.get('content-type') ?? '') !== 'application/linkset+json')
      throw new Refused(409, '', '', '', '')
    const entries = listOf(objectOf(await jsonOf(response)).linkset).map(objectOf)
    return { entries, etag: response.headers.get('etag') ?? undefined }
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return { entries: [] as JsonObject[] }
    throw error
  }
}
