// Licensed under the Apache License, Version 2.0; see LICENSE.

// The keys of this browser: made, brought, chosen, exported, forgotten.

import { useState } from 'preact/hooks'
import { bringIdentity, forgetIdentity, makeIdentity, type Identity } from '../keys/identities'
import { NotAKey, seedOf } from '../keys/bring'
import { browserSigns, pemOf } from '../keys/ed25519'
import { chooseIdentity, identities, identity, reloadIdentities } from '../state'
import { t } from '../strings'
import { Copyable, Dialog, Field, fieldOf, FormDialog, Name, useDeed, useLoaded } from './parts'

type Open = 'make' | 'bring' | { exported: string } | { forget: Identity }

export function KeysView() {
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  const { value: able } = useLoaded(() => browserSigns(), [])
  return (
    <>
      <h1>{t.keys}</h1>
      {able === false && <p class="warning">{t.noEd25519}</p>}
      {identities.value.length === 0 && <p>{t.noKeys}</p>}
      <ul class="cards">
        {identities.value.map(one => (
          <IdentityCard key={one.did} one={one} open={setOpen} />
        ))}
      </ul>
      <p class="actions">
        <button class="primary" onClick={() => setOpen('make')}>
          {t.makeKey}
        </button>
        <button onClick={() => setOpen('bring')}>{t.bringKey}</button>
      </p>
      {open === 'make' && <MakeDialog close={close} />}
      {open === 'bring' && <BringDialog close={close} />}
      {typeof open === 'object' && 'exported' in open && (
        <Dialog title={t.exportKey} close={close}>
          <p class="warning">{t.exportWarning}</p>
          <Copyable text={open.exported} label={t.keyText} />
          <p class="actions">
            <button onClick={close}>{t.close}</button>
          </p>
        </Dialog>
      )}
      {typeof open === 'object' && 'forget' in open && (
        <ForgetDialog one={open.forget} close={close} />
      )}
    </>
  )
}

function IdentityCard({ one, open }: { one: Identity; open(what: Open): void }) {
  const used = identity.value?.did === one.did
  const deed = useDeed()
  return (
    <li class="card" aria-current={used ? 'true' : undefined}>
      <h2>
        <Name>{one.name}</Name>
      </h2>
      <p class="did">
        <code>{one.did}</code>
      </p>
      <p>{one.made ? t.madeHere : t.broughtHere}</p>
      <p class="actions">
        <button disabled={used} onClick={() => void chooseIdentity(one.did)}>
          {used ? t.inUse : t.useKey}
        </button>
        {one.exportable && (
          <button
            onClick={() => void deed.run(async () => open({ exported: await pemOf(one.key) }))}
          >
            {t.exportKey}
          </button>
        )}
        <button onClick={() => open({ forget: one })}>{t.forgetKey}</button>
      </p>
    </li>
  )
}

function MakeDialog({ close }: { close(): void }) {
  const submit = async (fields: FormData) => {
    const made = await makeIdentity(fieldOf(fields, 'name'), fields.has('exportable'))
    await reloadIdentities()
    await chooseIdentity(made.did)
  }
  return (
    <FormDialog title={t.makeKey} label={t.makeKey} close={close} submit={submit}>
      <p>{t.makeKeyHelp}</p>
      <Field name="name" label={t.name} />
      <p>
        <label>
          <input type="checkbox" name="exportable" /> {t.exportable}
        </label>
      </p>
    </FormDialog>
  )
}

function BringDialog({ close }: { close(): void }) {
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState<string>()
  const submit = async (fields: FormData) => {
    try {
      const brought = await bringIdentity(fieldOf(fields, 'name'), seedOf(text))
      await reloadIdentities()
      await chooseIdentity(brought.did)
    } catch (error) {
      setWrong(error instanceof NotAKey ? t.keyReasons[error.reason] : t.unexpected)
      throw error
    }
  }
  return (
    <KeyForm
      close={close}
      submit={submit}
      wrong={wrong}
      text={text}
      setText={value => {
        setWrong(undefined)
        setText(value)
      }}
    />
  )
}

interface KeyFormProps {
  close(): void
  submit(fields: FormData): Promise<void>
  wrong: string | undefined
  text: string
  setText(value: string): void
}

// The reason why a text is no key stands at the text, not where servers' refusals do.
function KeyForm({ close, submit, wrong, text, setText }: KeyFormProps) {
  const read = async (file: File | undefined) => {
    if (file) setText(file.size > 16384 ? '' : await file.text())
  }
  return (
    <Dialog title={t.bringKey} close={close}>
      <form
        onSubmit={event => {
          event.preventDefault()
          // What went wrong is said beside the text.
          void submit(new FormData(event.currentTarget)).then(close, () => undefined)
        }}
      >
        <p class="warning">{t.bringWarning}</p>
        <p>{t.bringHelp}</p>
        <Field name="name" label={t.name} />
        <p class="field">
          <label for="key-text">{t.keyText}</label>
          <textarea
            id="key-text"
            rows={6}
            required
            value={text}
            spellcheck={false}
            autocomplete="off"
            aria-describedby={wrong ? 'key-wrong' : undefined}
            aria-invalid={wrong ? true : undefined}
            onInput={event => setText(event.currentTarget.value)}
          />
        </p>
        <p>
          <label>
            {t.orFile}{' '}
            <input type="file" onChange={event => void read(event.currentTarget.files?.[0])} />
          </label>
        </p>
        {wrong && (
          <p id="key-wrong" class="failure" role="alert">
            {wrong}
          </p>
        )}
        <p class="actions">
          <button type="submit" class="primary">
            {t.bring}
          </button>
          <button type="button" onClick={close}>
            {t.cancel}
          </button>
        </p>
      </form>
    </Dialog>
  )
}

function ForgetDialog({ one, close }: { one: Identity; close(): void }) {
  const submit = async () => {
    await forgetIdentity(one.did)
    await reloadIdentities()
  }
  return (
    <FormDialog title={t.forgetKey} label={t.forgetKey} danger close={close} submit={submit}>
      <p>
        <Name>{one.name}</Name>
      </p>
      <p class="warning">{t.forgetWarning}</p>
    </FormDialog>
  )
}
