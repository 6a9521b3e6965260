// Licensed under the Apache License, Version 2.0; see LICENSE.

// What the pages use of packages that bring no types.

interface SigningKey {
  id: string
  sign(options: { data: Uint8Array }): Promise<Uint8Array>
}

declare module '@digitalbazaar/http-signature-zcap-invoke' {
  export function signCapabilityInvocation(options: {
    url: string
    method: string
    headers: Record<string, string>
    capability?: string | object
    capabilityAction: string
    invocationSigner: SigningKey
    created?: number
    expires?: number
  }): Promise<Record<string, string>>
}

declare module '@digitalbazaar/http-signature-header' {
  export function createAuthzHeader(options: {
    includeHeaders: string[]
    keyId: string
    signature: string
    created: number
    expires: number
  }): string
  export function createSignatureString(options: {
    includeHeaders: string[]
    requestOptions: {
      url: string
      method: string
      headers: Record<string, string>
      created: number
      expires: number
      keyId: string
    }
  }): string
}

declare module '@digitalbazaar/zcap' {
  export class CapabilityDelegation {
    constructor(options: { parentCapability: string | object })
  }
  export function documentLoader(url: string): Promise<unknown>
}

declare module '@digitalbazaar/data-integrity' {
  export class DataIntegrityProof {
    constructor(options: { signer: object; cryptosuite: object; date?: string })
  }
}

declare module '@digitalbazaar/eddsa-jcs-2022-cryptosuite' {
  export function createSignCryptosuite(): object
}

declare module 'jsonld-signatures' {
  const signatures: {
    sign(
      document: object,
      options: { documentLoader: unknown; suite: object; purpose: object }
    ): Promise<object>
  }
  export default signatures
}
