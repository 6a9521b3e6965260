// Licensed under the Apache License, Version 2.0; see LICENSE.

// Handles on what a server stores. They hold a path, and the capability to invoke if it is not the
// controller's own; making one sends nothing.

import { NotFoundError } from './errors.js'

class Handle {
  constructor(client, path, capability) {
    this.client = client
    this.path = path
    this.capability = capability
  }

  get id() {
    return decodeURIComponent(this.path.split('/').filter(Boolean).at(-1))
  }

  async call(method, path = '', options = {}) {
    return await this.client.call({
      ...options,
      method,
      path: this.path + path,
      capability: this.capability
    })
  }

  // What is not there, or not for us to see, reads as null.
  async read(path, decode = response => response.data) {
    try {
      return await decode(await this.call('GET', path))
    } catch (error) {
      if (error instanceof NotFoundError) return null
      throw error
    }
  }

  async delete() {
    try {
      await this.call('DELETE')
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error
    }
  }

  async grant({ to, actions, expires }) {
    return await this.client.grant({ to, actions, expires, target: this.path })
  }
}

export class Space extends Handle {
  async describe() {
    return await this.read('meta')
  }

  async configure(changes) {
    const { id, name, controller } = (await this.call('GET', 'meta')).data
    const json = { id, name, controller, ...changes }
    await this.call('PUT', 'meta', { json })
    return json
  }

  async collections() {
    return await this.read('')
  }

  collection(id) {
    const Handle = this.client.encryption?.Collection ?? Collection
    return new Handle(this.client, `${this.path}${encodeURIComponent(id)}/`, this.capability)
  }

  async createCollection(json) {
    const { data } = await this.call('POST', '', { json })
    return this.collection(data.id)
  }

  // The revocation URL has a root capability of its own.
  async revoke(capability) {
    await this.client.call({
      path: `${this.path}zcaps/revocations/${encodeURIComponent(capability.id)}`,
      method: 'POST',
      json: capability
    })
  }

  async backends() {
    return await this.read('backends')
  }

  async registerBackend(json) {
    return (await this.call('POST', 'backends', { json })).data
  }

  async updateBackend(json) {
    const { data } = await this.call('PUT', `backends/${encodeURIComponent(json.id)}`, { json })
    return data ?? null
  }

  async deregisterBackend(id) {
    await this.call('DELETE', `backends/${encodeURIComponent(id)}`)
  }

  async quotas({ includeCollections } = {}) {
    return await this.read(includeCollections ? 'quotas?include=collections' : 'quotas')
  }

  async export() {
    const response = await this.call('POST', 'export')
    return new Uint8Array(await response.arrayBuffer())
  }

  async import(body) {
    return (
      await this.call('POST', 'import', { body, headers: { 'content-type': 'application/x-tar' } })
    ).data
  }
}

export class Collection extends Handle {
  async describe() {
    return await this.read('meta')
  }

  async list() {
    return await this.read('')
  }

  async backend() {
    return await this.read('backend')
  }

  async quota() {
    return await this.read('quota')
  }

  resource(id) {
    return new Resource(this.client, this.path + encodeURIComponent(id), this.capability)
  }

  async add(value, options) {
    const { data, headers } = await this.call('POST', '', contentOf(value, options))
    return { id: data.id, url: headers.get('location'), contentType: data['content-type'] }
  }

  async put(id, value, options) {
    await this.resource(id).put(value, options)
  }

  async get(id) {
    return await this.resource(id).get()
  }
}

export class Resource extends Handle {
  // JSON as what it says, anything else as a Blob.
  async get() {
    return await this.read('', response => response.data ?? response.blob())
  }

  async getText() {
    return await this.read('', response => response.text())
  }

  async getBytes() {
    return await this.read('', async response => new Uint8Array(await response.arrayBuffer()))
  }

  async meta() {
    return await this.read('/meta')
  }

  async put(value, options) {
    await this.call('PUT', '', contentOf(value, options))
  }
}

function contentOf(value, { contentType } = {}) {
  if (value instanceof Blob || value instanceof Uint8Array) {
    return { body: value, ...(contentType && { headers: { 'content-type': contentType } }) }
  }
  return { json: value }
}
