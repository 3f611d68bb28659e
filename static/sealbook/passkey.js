// Passkeys: a button asks the browser for one, and its answer goes to the server with the form that the button is in.
// The options come from the server in `data-options`; without this script, or elsewhere than at the public address,
// the form says so and the other ways of confirming stay.

const explain = (form, text) => {
  const place = form.querySelector("[data-passkey-fault]");
  place.querySelector("p").textContent = text;
  place.hidden = false;
};

const FAULTS = {
  NotAllowedError: "Nothing was confirmed: it was cancelled, or took too long. Press again when you are ready.",
  InvalidStateError: "This device, or key, holds a passkey of yours already. Use another one.",
  SecurityError: "The browser refuses passkeys at this address.",
};

const answer = (form) => {
  const options = JSON.parse(form.dataset.options);
  return form.dataset.passkey === "create" ? window.webauthnJSON.create(options) : window.webauthnJSON.get(options);
};

const prepare = (form) => {
  if (!window.webauthnJSON?.supported()) return explain(form, "This browser knows no passkeys.");
  if (location.origin !== form.dataset.origin) return explain(form, `Passkeys work at ${form.dataset.origin} only.`);
  const button = form.querySelector("[data-passkey-button]");
  button.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault(); // also on the Enter key in one of the form's fields
    button.disabled = true;
    form.querySelector("[data-passkey-fault]").hidden = true;
    try {
      form.elements.passkey.value = JSON.stringify(await answer(form));
      HTMLFormElement.prototype.submit.call(form);
    } catch (fault) {
      button.disabled = false;
      explain(form, FAULTS[fault.name] ?? "The browser could not use a passkey here.");
    }
  });
};

for (const form of document.querySelectorAll("form[data-passkey]")) prepare(form);
