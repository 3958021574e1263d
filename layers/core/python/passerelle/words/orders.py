"""What buyers, learners and sellers read (S1–S15)."""

from __future__ import annotations

ORDERS: dict[str, tuple[str, str]] = {
    "order_unknown": (
        "Cette commande n’existe pas ici : {order}. Vérifiez son numéro avec « passerelle orders list ».",
        "This order does not exist here: {order}. Check its number with “passerelle orders list”.",
    ),
    "order_gone": (
        "La commande {order} a été annulée ou remboursée : elle ne peut pas être validée.",
        "Order {order} was cancelled or refunded: it cannot be released.",
    ),
    "shop_unknown": (
        "La boutique « {shop} » n’est pas (ou plus) dans network.yaml. Ajoutez-la, puis rejouez la commande.",
        "Shop “{shop}” is not (or no longer) in network.yaml. Add it, then replay the order.",
    ),
    "payload_unreadable": (
        "La boutique a envoyé une commande, bien signée, mais illisible ({where}). "
        "Elle est gardée : prévenez l’assistance, puis rejouez-la.",
        "The shop sent an order that is well signed but unreadable ({where}). "
        "It is kept: tell the help desk, then replay it.",
    ),
    "lines_unknown": (
        "La boutique n’a pas dit ce qui a été acheté, et ne peut pas être interrogée. "
        "Donnez une clé de lecture dans network.yaml (api.key), puis rejouez la commande.",
        "The shop did not say what was bought, and cannot be asked. "
        "Give a read-only key in network.yaml (api.key), then replay the order.",
    ),
    "product_unknown": (
        "Le produit « {product} » n’est pas dans network.yaml. Ajoutez-le, puis rejouez la commande.",
        "Product “{product}” is not in network.yaml. Add it, then replay the order.",
    ),
    "handler_unknown": (
        "Le produit « {product} » demande un traitement inconnu : {handler}. Corrigez network.yaml.",
        "Product “{product}” asks for an unknown handler: {handler}. Correct network.yaml.",
    ),
    "handler_needs_plugin": (
        "Le produit « {product} » ({handler}) demande un plugin que ce Moodle n’a pas ({plugin}). "
        "Traitez la commande à la main.",
        "Product “{product}” ({handler}) needs a plugin that this Moodle lacks ({plugin}). "
        "Handle the order by hand.",
    ),
    "parameter_unknown": (
        "Le produit « {product} » a un paramètre inconnu : {parameter}. Corrigez network.yaml.",
        "Product “{product}” has an unknown parameter: {parameter}. Correct network.yaml.",
    ),
    "parameter_missing": (
        "Il manque un paramètre au produit « {product} » : {parameter}. Corrigez network.yaml.",
        "Product “{product}” lacks a parameter: {parameter}. Correct network.yaml.",
    ),
    "parameter_twice": (
        "Le produit « {product} » donne deux fois le paramètre {parameter}. Corrigez network.yaml.",
        "Product “{product}” gives the parameter {parameter} twice. Correct network.yaml.",
    ),
    "parameter_unreadable": (
        "Le paramètre {parameter} du produit « {product} » est illisible. Corrigez network.yaml.",
        "Parameter {parameter} of product “{product}” cannot be read. Correct network.yaml.",
    ),
    "amount_differs": (
        "Le total de la commande n’est pas la somme de ses lignes. Rien n’a été fait : "
        "vérifiez-la dans la boutique, puis validez-la ou annulez-la.",
        "The order's total is not the sum of its lines. Nothing was done: "
        "check it in the shop, then release or cancel it.",
    ),
    "price_differs": (
        "Le produit « {product} » a été payé moins que son prix dans network.yaml. Rien n’a été fait : "
        "vérifiez la commande dans la boutique.",
        "Product “{product}” was paid less than its price in network.yaml. Nothing was done: "
        "check the order in the shop.",
    ),
    "amount_unreadable": (
        "Ce montant est illisible.",
        "This amount cannot be read.",
    ),
    "amount_absurd": (
        "Un chiffre de la commande n’a pas de sens ({figure}). Rien n’a été fait : "
        "vérifiez-la dans la boutique, puis validez-la ou annulez-la.",
        "A figure of the order makes no sense ({figure}). Nothing was done: "
        "check it in the shop, then release or cancel it.",
    ),
    "currency_differs": (
        "Le produit « {product} » a été payé en {paid} ; son prix dans network.yaml est en {asked}. "
        "Rien n’a été fait : ajoutez un prix dans cette monnaie (prices), ou validez la commande.",
        "Product “{product}” was paid in {paid}; its price in network.yaml is in {asked}. "
        "Nothing was done: add a price in that currency (prices), or release the order.",
    ),
    "price_unknown": (
        "Le produit « {product} » n’a pas de prix dans network.yaml, et ce qui a été acheté n’est dit que "
        "par la page de paiement. Rien n’a été fait : donnez-lui un prix, puis rejouez la commande.",
        "Product “{product}” has no price in network.yaml, and only the payment page says what was bought. "
        "Nothing was done: give it a price, then replay the order.",
    ),
    "test_order": (
        "C’est une commande d’essai : aucun argent n’a circulé. Rien n’a été fait ; "
        "validez-la, ou mettez test_orders: take dans network.yaml.",
        "This is a test order: no money moved. Nothing was done; "
        "release it, or set test_orders: take in network.yaml.",
    ),
    "quantity_unused": (
        "« {product} » n’inscrit que l’acheteur : {count:# place payée ne sert|# places payées ne servent} à "
        "personne. Remboursez, ou vendez ce cours en places (std_setuponecoursesession).",
        "“{product}” enrols the buyer alone: {count:# paid place serves|# paid places serve} nobody. "
        "Refund, or sell this course in seats (std_setuponecoursesession).",
    ),
    "bought_again": (
        "L’acheteur avait déjà « {course} » pour ces dates : cet achat n’ajoute rien. Remboursez-le, "
        "ou prolongez l’accès avec « passerelle orders reschedule ».",
        "The buyer already had “{course}” for these dates: this purchase adds nothing. Refund it, "
        "or extend the access with “passerelle orders reschedule”.",
    ),
    "seller_subject": (
        "{shop} : {count:# commande payée attend|# commandes payées attendent} quelqu’un",
        "{shop}: {count:# paid order waits|# paid orders wait} for somebody",
    ),
    "seller_waiting": (
        "Boutique « {shop} » : {count:# commande payée attend|# commandes payées attendent} que quelqu’un "
        "s’en occupe. Ci-dessous, ce qui arrête chacune et ce qui aide une fois la cause corrigée.",
        "Shop “{shop}”: {count:# paid order waits|# paid orders wait} for somebody to see to it. "
        "Below, what stops each and what helps once the cause is mended.",
    ),
    "webhook_off": (
        "La boutique a désactivé son webhook : rien n’arrive plus d’elle. Réactivez-le "
        "(« passerelle shops show {shop} » dit son adresse) ; d’ici là elle est interrogée chaque heure.",
        "The shop has switched its webhook off: nothing comes from it any more. Switch it on again "
        "(“passerelle shops show {shop}” tells its address); until then it is asked each hour.",
    ),
    "webhook_absent": (
        "La boutique n’a pas de webhook vers Passerelle. Créez-le : « passerelle shops show {shop} ».",
        "The shop has no webhook to Passerelle. Make one: “passerelle shops show {shop}”.",
    ),
    "webhook_lacks": (
        "Le webhook de la boutique n’envoie pas {topics}. Cochez-les : « passerelle shops show {shop} ».",
        "The shop’s webhook does not send {topics}. Tick them: “passerelle shops show {shop}”.",
    ),
    "webhook_silent": (
        "{count:# changement de commande n’est pas arrivé|# changements de commandes ne sont pas arrivés} par le "
        "webhook (le dernier le {at}) : trouvés en interrogeant la boutique.",
        "{count:# change of an order|# changes of orders} did not come by the webhook, the last on {at}, "
        "and were found by asking the shop.",
    ),
    "webhook_not_seen": (
        "La clé ne permet pas de voir le webhook de la boutique ({status}).",
        "The key does not allow seeing the shop’s webhook ({status}).",
    ),
    "no_order": (
        "Cette livraison ne parle d’aucune commande.",
        "This delivery is about no order.",
    ),
    "order_never_here": (
        "Cette livraison parle d’une commande qui n’est jamais passée ici. "
        "Si elle arrive, la livraison sera reprise.",
        "This delivery speaks of an order that never came here. "
        "Should it come, the delivery will be taken up.",
    ),
    "release_no_help": (
        "La commande {order} attend pour une autre raison que ses montants ({reason}) : la valider n’y "
        "change rien. Voyez « passerelle orders show {order} ».",
        "Order {order} waits for another reason than its amounts ({reason}): releasing it changes nothing. "
        "See “passerelle orders show {order}”.",
    ),
    "shop_kind_unknown": (
        "Passerelle ne connaît pas de boutique de type « {kind} ». Elle connaît : {known}.",
        "Passerelle knows no shop of kind “{kind}”. It knows: {known}.",
    ),
    "shop_without_key": (
        "Une boutique {kind} ne peut rien vérifier sans clé. Donnez api.key dans network.yaml.",
        "A {kind} shop can verify nothing without a key. Give api.key in network.yaml.",
    ),
    "name_invalid": (
        "ce nom n’en est pas un : pas d’adresse, pas de retour à la ligne.",
        "this is no name: no address, no line break.",
    ),
    "too_many_people": (
        "{people:# personne a été déclarée|# personnes ont été déclarées} pour {seats:# place|# places} de "
        "« {product} ». Rien n’a été fait : "
        "corrigez la commande ou vendez les places manquantes.",
        "{people:# person was|# people were} declared for {seats:# seat|# seats} of “{product}”. Nothing was "
        "done: correct the order or sell the missing seats.",
    ),
    "too_many_at_once": (
        "{people:# personne a été déclarée|# personnes ont été déclarées} avec une seule commande ; "
        "Passerelle en accepte {most} au plus. Rien n’a été fait : partagez-la en plusieurs commandes.",
        "{people:# person was|# people were} declared with a single order; Passerelle holds {most} at most. "
        "Nothing was done: split it into several orders.",
    ),
    "parked_by_hand": (
        "Mise de côté par {by} : {why}",
        "Put aside by {by}: {why}",
    ),
    "course_unknown": (
        "Le cours « {course} » n’existe pas sur « {site} ». Créez-le ou corrigez le produit, "
        "puis rejouez la commande.",
        "Course “{course}” does not exist on “{site}”. Create it or correct the product, "
        "then replay the order.",
    ),
    # Before any sale: there is no order to replay.
    "course_absent": (
        "Le cours « {course} » n’existe pas sur « {site} ». Créez-le, ou corrigez le produit dans network.yaml.",
        "Course “{course}” does not exist on “{site}”. Create it, or correct the product in network.yaml.",
    ),
    "category_not_seen": (
        "Aucune catégorie « {category} » n’est vue sur « {site} ». Créez-la, ou permettez au compte de "
        "Passerelle de la voir (moodle/category:viewcourselist).",
        "No category “{category}” is seen on “{site}”: it is not there, or Passerelle's account may not "
        "see it. Create it, or allow the account moodle/category:viewcourselist.",
    ),
    "finds_nobody_by_email": (
        "Le compte de Passerelle ne trouve personne par adresse électronique sur « {site} » : des personnes "
        "déjà connues auraient un second compte. Donnez-lui moodle/site:viewuseridentity au niveau du site.",
        "Passerelle's account finds nobody by e-mail on “{site}”: people who are known already would get a "
        "second account. Allow it moodle/site:viewuseridentity at site level.",
    ),
    "category_unknown": (
        "La catégorie « {category} » n’existe pas sur « {site} ». Créez-la, puis rejouez la commande.",
        "Category “{category}” does not exist on “{site}”. Create it, then replay the order.",
    ),
    "context_unknown": (
        "Ce qui est désigné ({level} {instance}) n’existe pas. "
        "Corrigez le produit, puis rejouez la commande.",
        "What is named ({level} {instance}) does not exist. Correct the product, then replay the order.",
    ),
    "place_refused": (
        "Moodle a refusé de créer le cours ou la catégorie ({errorcode}). Prévenez l’assistance.",
        "Moodle refused to make the course or category ({errorcode}). Tell the help desk.",
    ),
    "role_unknown": (
        "Le rôle « {role} » n’existe pas sur « {site} ». Créez-le ou corrigez network.yaml.",
        "Role “{role}” does not exist on “{site}”. Create it or correct network.yaml.",
    ),
    "role_refused": (
        "Moodle a refusé d’attribuer le rôle « {role} » ({errorcode}). "
        "Vérifiez qu’il peut l’être à ce niveau.",
        "Moodle refused to assign role “{role}” ({errorcode}). Check that it can be at that level.",
    ),
    "role_missing": (
        "Personne n’est encore désigné pour le rôle « {role} » de « {product} ». "
        "L’acheteur peut le faire par le lien de ses places.",
        "Nobody is named yet for the role “{role}” of “{product}”. The buyer can do so by the link to the "
        "seats.",
    ),
    "nothing_to_extend": (
        "Il n’y a pas d’inscription de la boutique à prolonger dans « {course} ». "
        "Traitez la commande à la main.",
        "There is no enrolment of the shop to extend in “{course}”. Handle the order by hand.",
    ),
    "nothing_to_prorogate": (
        "L’acheteur n’a pas de produit à proroger. Traitez la commande à la main.",
        "The buyer has no product to prorogate. Handle the order by hand.",
    ),
    "course_ended": (
        "Le cours « {course} » est terminé (sa date de fin est passée). Changez cette date, ou retirez le produit.",
        "Course “{course}” has ended. Change its end date or withdraw the product.",
    ),
    "course_hidden": (
        "Le cours « {course} » est caché : les participants ne le verront pas.",
        "Course “{course}” is hidden: those enrolled will not see it.",
    ),
    "course_without_idnumber": (
        "Le cours « {course} » n’a pas de numéro d’identification : l’inscription se fera par la "
        "méthode manuelle de Moodle. Donnez-lui-en un.",
        "Course “{course}” has no ID number: enrolments will be Moodle's manual ones. Give it one.",
    ),
    "groups_not_separate": (
        "Le cours « {course} » n’est pas en groupes séparés : les sessions se verront entre elles.",
        "Course “{course}” is not in separate groups: sessions would see each other.",
    ),
    "no_enrolment_method": (
        "Le cours « {course} » n’a pas de méthode d’inscription utilisable. Installez enrol_passerelle "
        "ou activez l’inscription manuelle.",
        "Course “{course}” has no usable enrolment method. "
        "Install enrol_passerelle or enable manual enrolment.",
    ),
    "role_not_there": (
        "Le rôle « {role} » ne peut pas être attribué à ce niveau ({level}). "
        "Changez ses niveaux de contexte dans Moodle.",
        "Role “{role}” cannot be assigned at that level ({level}). Change its context levels in Moodle.",
    ),
    "role_not_allowed": (
        "Le Moodle {site} ne permet pas à Passerelle de donner le rôle « {role} ». Choisissez-en un autre, "
        "ou autorisez celui-ci dans ses réglages (Passerelle → Réglages → Rôles).",
        "The Moodle {site} does not let Passerelle give role “{role}”. Choose another, "
        "or allow it in its settings (Passerelle → Settings → Roles).",
    ),
    "role_takes_over": (
        "Le rôle « {role} » permettrait de modifier ou d’emprunter des comptes existants. "
        "Choisissez un rôle qui ne fait que voir.",
        "Role “{role}” would allow editing or taking over existing accounts. Choose a role that only views.",
    ),
    "cannot_sign": (
        "Passerelle ne peut pas signer comme {kind} : utilisez le simulateur de la boutique.",
        "Passerelle cannot sign as {kind} does: use the shop's own simulator.",
    ),
    "email_invalid": (
        "cette adresse électronique n’est pas valable. Corrigez-la.",
        "this e-mail address is not valid. Correct it.",
    ),
    "email_missing": (
        "il manque l’adresse électronique.",
        "the e-mail address is missing.",
    ),
    "email_repeated": (
        "cette adresse est déjà donnée plus haut.",
        "this address is already given above.",
    ),
    "email_seated": (
        "cette personne a déjà une place.",
        "this person already has a seat.",
    ),
    "email_twice": (
        "deux comptes de la plateforme ont cette adresse. L’assistance doit dire lequel est le bon.",
        "two accounts of the site have this address. The help desk must say which is the right one.",
    ),
    "name_missing": (
        "il manque le nom ou le prénom.",
        "the last or first name is missing.",
    ),
    "rows_unreadable": (
        "cette ligne est illisible : nom, prénom, adresse électronique.",
        "this row cannot be read: last name, first name, e-mail.",
    ),
    "too_many_rows": (
        "trop de lignes à la fois : 2 000 au plus.",
        "too many rows at a time: 2,000 at most.",
    ),
    "account_suspended": (
        "son compte est suspendu. L’assistance peut le réactiver, puis rejouer la commande.",
        "this account is suspended. The help desk can restore it, then replay the order.",
    ),
    "ledger_unreadable": (
        "ce que Passerelle a noté des accès de l’utilisateur n° {user} de « {site} » ne se lit plus : pour cette "
        "personne, rien n’a été donné ni retiré. Remettez cette fiche en état (« passerelle network check » la "
        "nomme), puis rejouez la commande.",
        "what Passerelle noted of the access of user no. {user} of “{site}” cannot be read any more: for this "
        "person nothing was given or taken away. Repair that record (“passerelle network check” names it), "
        "then replay the order.",
    ),
    "account_deleted": (
        "son compte a été supprimé. L’assistance doit dire s’il faut en faire un nouveau.",
        "this account was deleted. The help desk must say whether a new one is to be made.",
    ),
    "account_refused": (
        "Moodle a refusé de créer le compte ({errorcode}). Prévenez l’assistance.",
        "Moodle refused to make the account ({errorcode}). Tell the help desk.",
    ),
    "enrol_refused": (
        "Moodle a refusé l’inscription ({errorcode}). Prévenez l’assistance.",
        "Moodle refused the enrolment ({errorcode}). Tell the help desk.",
    ),
    "enrol_not_allowed": (
        "Les réglages de ce Moodle ne permettent pas cette inscription ({errorcode}) : dans Passerelle → Réglages, "
        "son administration autorise le rôle ou la catégorie du produit. Rejouez ensuite la commande.",
        "This Moodle's settings do not allow this enrolment ({errorcode}): under Passerelle → Settings, whoever "
        "administers it allows the product's role or category. Then replay the order.",
    ),
    "group_refused": (
        "Moodle a refusé le groupe ou son membre ({errorcode}). Prévenez l’assistance.",
        "Moodle refused the group or its member ({errorcode}). Tell the help desk.",
    ),
    "seats_free": (
        "Il reste {count:# place|# places} à attribuer.",
        "{count:# seat is|# seats are} still free.",
    ),
    "choose_seats": (
        "{count:# place|# places} de « {product} » {count:a été remboursée|ont été remboursées} alors que "
        "toutes sont attribuées. L’acheteur doit dire {count:laquelle|lesquelles} rendre.",
        "{count:# seat|# seats} of “{product}” {count:was|were} refunded while all are taken. "
        "The buyer must say which to give back.",
    ),
    "refund_of_amount": (
        "Un montant a été remboursé sans rien retirer : les places restent.",
        "An amount was refunded and nothing taken away: the seats stay.",
    ),
    "seat_started": (
        "Cette personne a déjà commencé : sa place ne peut plus être changée.",
        "This person has already started: the seat can no longer be changed.",
    ),
    "no_free_seat": (
        "Il n’y a pas assez de places libres : {free}.",
        "There are not enough free seats: {free}.",
    ),
    "no_swap_left": (
        "Les places de cette commande ont été changées autant de fois que possible. Écrivez à la boutique.",
        "The seats of this order were changed as often as possible. Write to the shop.",
    ),
    "too_many_tutors": (
        "Il y a plus de personnes qui encadrent que de places : c’est trop. Écrivez à la boutique.",
        "More people supervise than there are seats: that is too many. Write to the shop.",
    ),
    "seat_unknown": (
        "Cette place n’existe pas (ou plus). Rechargez la page.",
        "This seat does not exist (any more). Reload the page.",
    ),
    "shop_refused": (
        "La boutique « {shop} » a refusé la demande de Passerelle ({status}). Vérifiez sa clé.",
        "Shop “{shop}” refused Passerelle's request ({status}). Check its key.",
    ),
    "seats_link_dead": (
        "Ce lien n’est plus valable. Demandez-en un nouveau à votre boutique.",
        "This link is no longer valid. Ask your shop for a new one.",
    ),
    "too_often": (
        "Trop d’essais à la fois. Attendez quelques minutes, puis recommencez.",
        "Too many tries at a time. Wait a few minutes, then try again.",
    ),
    "order_welcome_subject": (
        "Votre inscription : {course}",
        "Your enrolment: {course}",
    ),
    "order_welcome": (
        "Votre inscription à « {course} » est faite, {dates}.\nLe cours : {url}",
        "You are enrolled in “{course}”, {dates}.\nThe course: {url}",
    ),
    "order_new_account": (
        "Un compte a été créé pour vous sur {site}. Vous recevez à part, de {site}, de quoi vous connecter.",
        "An account was made for you on {site}. {site} sends you separately what you need to log in.",
    ),
    "order_summary_subject": (
        "Votre commande {order}, {shop}",
        "Your order {order}, {shop}",
    ),
    "order_greeting": (
        "Bonjour {who},",
        "Hello {who},",
    ),
    "order_summary": (
        "Voici où en est votre commande {order} ({shop}) :",
        "This is how your order {order} ({shop}) stands:",
    ),
    "order_line_places": (
        "– {title} : {count:# place|# places}, {dates}",
        "– {title}: {count:# place|# places}, {dates}",
    ),
    "order_line": (
        "– {title} ({dates})",
        "– {title}, {dates}",
    ),
    "order_gone_now": (
        "Votre commande {order} ({shop}) a été annulée ou remboursée : "
        "les accès qu’elle donnait sont retirés.",
        "Your order {order} ({shop}) was cancelled or refunded: the accesses that it gave are taken back.",
    ),
    "order_link_until": (
        "Ce lien s’ouvre jusqu’au {until}.",
        "This link opens until {until}.",
    ),
    "order_questions": (
        "Une question ? Écrivez à {contact}.",
        "A question? Write to {contact}.",
    ),
    "order_created": (
        "Inscriptions faites, avec un nouveau compte :",
        "Enrolled, with a new account:",
    ),
    "order_found": (
        "Inscriptions faites, avec un compte qui existait :",
        "Enrolled, with an account that was there:",
    ),
    "order_stopped": (
        "Inscriptions qui restent à faire :",
        "Not enrolled yet:",
    ),
    "order_free_seats": (
        "Il reste {count:# place|# places} à attribuer : {url}",
        "{count:# seat is|# seats are} still free: {url}",
    ),
    "order_seats_link": (
        "Vos places : {url}",
        "Your seats: {url}",
    ),
    "order_unseen": (
        "Ces personnes ne se sont encore jamais connectées :",
        "These people have never logged in yet:",
    ),
    "order_reminder_subject": (
        "Commande {order} : rappel",
        "Order {order}: reminder",
    ),
    "order_for_shop": (
        "Passerelle : {state} ({done:# inscription|# inscriptions} sur {count}).",
        "Passerelle: {state} ({done} of {count} enrolled).",
    ),
}
