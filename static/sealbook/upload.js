// Sends the file as the body of a PUT: a form would have the framework put it into a temporary file, in the clear.
const form = document.getElementById("upload");
const told = document.getElementById("uploading");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file] = document.getElementById("file").files;
  const button = form.querySelector("button");
  button.disabled = true;
  told.textContent = "Uploading…";
  try {
    const answer = await fetch(form.dataset.content, {
      method: "PUT",
      body: file,
      headers: { "Content-Type": "application/octet-stream", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
    });
    if (answer.ok) return location.reload();
    told.textContent = answer.status === 413 ? "The file is too large." : "The file was not taken in. Try again.";
  } catch {
    told.textContent = "The connection broke. Try again.";
  }
  button.disabled = false;
});
