// Live parts and dialogs of the console. htmx fetches; this says when, and what to do with the answer.
"use strict";

(() => {
  let tag = "";

  const isLive = (event) => event.detail.target?.id === "live";

  // A link marked with data-dialog opens in the page's dialog. Without this script it is a page of its own.
  document.addEventListener("click", (event) => {
    const close = event.target.closest("#dialog [data-close]");
    if (close) {
      event.preventDefault();
      document.getElementById("dialog").close();
      return;
    }
    const link = event.target.closest("a[data-dialog]");
    const dialog = document.getElementById("dialog");
    if (!link || !dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    htmx.ajax("GET", link.getAttribute("href"), { target: "#dialog", swap: "innerHTML" });
  });

  document.addEventListener("htmx:configRequest", (event) => {
    if (isLive(event) && tag) event.detail.headers["If-None-Match"] = tag;
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (isLive(event)) {
      document.getElementById("stale").hidden = xhr.status < 400;
      // Nothing new: the part keeps its focus, its selection and what was unfolded in it.
      if (xhr.status === 304) event.detail.shouldSwap = false;
      else tag = xhr.getResponseHeader("ETag") || "";
    } else if (event.detail.target?.id === "dialog" && (xhr.status === 403 || xhr.status === 404)) {
      event.detail.shouldSwap = true;
    }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const { target } = event.detail;
    if (target?.id === "dialog" && !target.open) target.showModal();
  });

  document.addEventListener("htmx:sendError", (event) => {
    if (isLive(event)) document.getElementById("stale").hidden = false;
    else alert("The console does not answer. Nothing was sent twice; try again.");
  });
})();
