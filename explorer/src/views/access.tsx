// Licensed under the Apache License, Version 2.0; see LICENSE.

// Whether anybody may read something, and changing that: a policy in pws, an access list in the
// classic protocol.

import * as classic from '../wire/classic'
import * as pws from '../wire/pws'
import type { Caller } from '../wire/request'
import { t } from '../strings'
import { Failure, say, useDeed, useLoaded } from './parts'

interface AccessProps {
  caller: Caller
  url: string
  space: string
}

export function Access({ caller, url, space }: AccessProps) {
  const spoken = caller.server.protocol
  const ask = () => (spoken === 'pws' ? pws.isPublic(caller, url) : classic.isPublic(caller, url))
  const open = useLoaded(ask, [url, caller.identity?.did])
  const deed = useDeed()
  const change = async () => {
    const wanted = !open.value
    if (spoken === 'pws') await pws.setPublic(caller, url, wanted)
    else await classic.setPublic(caller, space, url, wanted)
    if (spoken === 'classic' && !wanted && (await ask())) say(t.stillPublic)
    open.reload()
  }
  if (open.value === undefined) return <Failure error={open.error} retry={open.reload} />
  return (
    <section class="access">
      <p>{open.value ? t.publicNow : t.privateNow}</p>
      <button disabled={deed.busy} onClick={() => void deed.run(change)}>
        {open.value ? t.makePrivate : t.makePublic}
      </button>
      <Failure error={deed.error} />
    </section>
  )
}
