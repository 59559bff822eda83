# The mail templates of yavio-jobs as C texts.
MAIL_FILES := $(sort $(wildcard daemon/jobs/mail/*))
GEN_BUILD += $(GEN)/mail_templates.h

$(GEN)/mail_templates.h: $(MAIL_FILES) scripts/gen-mail.sh
	@mkdir -p $(@D)
	@scripts/gen-mail.sh $(MAIL_FILES) >$@.tmp && mv $@.tmp $@
