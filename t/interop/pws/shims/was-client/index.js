// Licensed under the Apache License, Version 2.0; see LICENSE.

// Stands in for @interop/was-client, as far as the conformance suite calls it: a client of a
// server, and handles on its Spaces, Collections and Resources.

import { ZcapClient } from '@interop/ezcap'
import { EddsaJcs2022 } from '@interop/ed25519-signature/eddsa-jcs-2022'

import { Collection, Resource, Space } from './handles.js'
import { WasError } from './errors.js'

export { Collection, Resource, Space }
export { ConflictError, NotFoundError, ValidationError, WasError } from './errors.js'

const GRANT_LIFETIME_MS = 24 * 60 * 60 * 1000

export class WasClient {
  // Its Collections are those of `encryption` (see edv.js), or store what they are given.
  constructor({ serverUrl, zcapClient, encryption }) {
    this.serverUrl = serverUrl
    this.zcapClient = zcapClient
    this.encryption = encryption
  }

  static fromSigner({ serverUrl, signer, encryption }) {
    const zcapClient = new ZcapClient({
      SuiteClass: EddsaJcs2022,
      invocationSigner: signer,
      delegationSigner: signer
    })
    return new WasClient({ serverUrl, zcapClient, encryption })
  }

  get controllerDid() {
    return this.zcapClient.invocationSigner.id.split('#')[0]
  }

  urlOf(path) {
    return new URL(path, this.serverUrl).toString()
  }

  // A signed request as it is; what is not 2xx is thrown as the signing client throws it.
  async request({ path, url = path, ...options }) {
    return await this.zcapClient.request({ ...options, url: this.urlOf(url) })
  }

  // The same for the handles, with the errors of this package.
  async call(options) {
    try {
      return await this.request(options)
    } catch (error) {
      throw WasError.of(error)
    }
  }

  async createSpace({ id, name } = {}) {
    const { data } = await this.call({
      path: '/spaces/',
      method: 'POST',
      json: {
        ...(id && { id }),
        ...(name !== undefined && { name }),
        controller: this.controllerDid
      }
    })
    return this.space(data.id)
  }

  space(id) {
    return new Space(this, `/space/${encodeURIComponent(id)}/`)
  }

  async listSpaces() {
    const { data } = await this.call({ path: '/spaces/' })
    for (let { next } = data; next;) {
      const page = (await this.call({ path: next })).data
      data.items.push(...page.items)
      next = page.next
    }
    delete data.next
    return data
  }

  // A capability on `target`, rooted in the Space around it.
  async grant({ to, actions, target, expires = new Date(Date.now() + GRANT_LIFETIME_MS) }) {
    const invocationTarget = this.urlOf(target)
    const [space] = new URL(invocationTarget).pathname.match(/^\/space\/[^/]+\//)
    return await this.zcapClient.delegate({
      capability: `urn:zcap:root:${encodeURIComponent(this.urlOf(space))}`,
      controller: to,
      invocationTarget,
      allowedActions: actions.map(action => action.toUpperCase()),
      expires
    })
  }

  // The handle that the target's shape asks for; it invokes the capability from then on.
  fromCapability(capability) {
    const path = new URL(capability.invocationTarget).pathname
    const depth = path.split('/').filter(Boolean).length
    const Handle = { 2: Space, 3: Collection, 4: Resource }[depth]
    if (!Handle) throw new TypeError(`"${path}" is no Space, Collection or Resource`)
    return new Handle(this, path, capability)
  }
}
