// Licensed under the Apache License, Version 2.0; see LICENSE.

// Sharing one thing with one key: a delegation, as text and as a QR code.

import { useState } from 'preact/hooks'
import { encode } from 'uqr'
import { isDid } from '../keys/ed25519'
import { reloadShares } from '../state'
import { t } from '../strings'
import { keepShare } from '../wire/shared'
import type { Caller } from '../wire/request'
import { Copyable, Dialog, Field, fieldOf, useDeed, Failure } from './parts'

const ACTIONS = [
  { name: 'read', label: t.mayRead, methods: ['GET', 'HEAD'] },
  { name: 'write', label: t.mayWrite, methods: ['PUT', 'POST'] },
  { name: 'delete', label: t.mayDelete, methods: ['DELETE'] }
]
const DAY_MS = 24 * 3600 * 1000

interface ShareProps {
  caller: Caller
  // What is shared: a container with the slash behind it, or a resource.
  url: string
  close(): void
}

export function ShareDialog({ caller, url, close }: ShareProps) {
  const [text, setText] = useState<string>()
  const [wrong, setWrong] = useState(false)
  const deed = useDeed()
  const share = async (fields: FormData) => {
    const to = fieldOf(fields, 'did')
    setWrong(!isDid(to))
    if (!isDid(to)) return
    const { delegate } = await import('../wire/share')
    const capability = await delegate(caller.identity!, {
      target: url,
      to,
      actions: ACTIONS.filter(({ name }) => fields.has(name)).flatMap(({ methods }) => methods),
      // To the end of that day, here.
      expires: new Date(`${fieldOf(fields, 'until')}T23:59:59`),
      parent: caller.capability
    })
    const since = new Date().toISOString()
    await keepShare({ capability, given: true, revoked: false, since, did: to })
    await reloadShares()
    setText(JSON.stringify(capability))
  }
  return (
    <Dialog title={t.share} close={close}>
      {text === undefined ? (
        <form
          onSubmit={event => {
            event.preventDefault()
            const fields = new FormData(event.currentTarget)
            void deed.run(() => share(fields))
          }}
        >
          <Field name="did" label={t.shareWith} />
          {wrong && (
            <p class="failure" role="alert">
              {t.notADid}
            </p>
          )}
          <p>
            {ACTIONS.map(({ name, label }) => (
              <label class="check">
                <input type="checkbox" name={name} defaultChecked={name === 'read'} /> {label}
              </label>
            ))}
          </p>
          <Field name="until" label={t.until} type="date" value={inDays(30)} />
          <Failure error={deed.error} />
          <p class="actions">
            <button type="submit" class="primary" disabled={deed.busy}>
              {deed.busy ? t.working : t.makeShare}
            </button>
            <button type="button" onClick={close}>
              {t.cancel}
            </button>
          </p>
        </form>
      ) : (
        <>
          <Copyable text={text} label={t.shareText} />
          <Code text={text} />
          <p class="actions">
            <button onClick={close}>{t.close}</button>
          </p>
        </>
      )}
    </Dialog>
  )
}

function inDays(days: number): string {
  const then = new Date(Date.now() + days * DAY_MS)
  const two = (value: number) => `${value}`.padStart(2, '0')
  return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())}`
}

// One path of unit squares: no markup of a library's is taken over.
function Code({ text }: { text: string }) {
  let code
  try {
    code = encode(text, { ecc: 'L' })
  } catch {
    return <p>{t.qrTooLong}</p>
  }
  const { data, size } = code
  const path = data
    .map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join(''))
    .join('')
  return (
    <svg class="qr" role="img" aria-label={t.qr} viewBox={`-2 -2 ${size + 4} ${size + 4}`}>
      <rect x="-2" y="-2" width={size + 4} height={size + 4} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
