#pragma once

#include "ews/model/item.hpp"

#include <vector>

/// Canonical values that every version can hold, several for some fields, at least one for each field that can be set
/// of a class, save attachments.
namespace exsyncd::test {

inline const std::vector<field_value>& contact_values() {
  static const std::vector<field_value> all{
      {field::subject, "Ann & Co"},
      {field::body, "Text\nmet in Paris\nin May"},
      {field::body, "HTML\n<p>met</p>"},
      {field::categories, "blue\nred"},
      {field::importance, "High"},
      {field::sensitivity, "Private"},
      {field::file_as, "mapping=LastCommaFirst"},
      {field::file_as, "text=Smith \\\\ Ann"},
      {field::display_name, "Ann B. Smith"},
      {field::given_name, "Ann"},
      {field::middle_name, "B."},
      {field::surname, "Smith"},
      {field::initials, "A.B.S."},
      {field::nickname, "Annie"},
      {field::generation, "Jr."},
      {field::title, "Dr."},
      {field::company_name, "A <& Sons>"},
      {field::department, "Sales"},
      {field::job_title, "Head"},
      {field::profession, "Lawyer"},
      {field::office_location, "3/14"},
      {field::manager, "Bob"},
      {field::assistant_name, "Cid"},
      {field::spouse_name, "Dan"},
      {field::children, "Eve\nFay"},
      {field::companies, "One\nTwo"},
      {field::birthday, "1970-03-05"},
      {field::wedding_anniversary, "1999-12-31"},
      {field::business_home_page, "http://a.example/x?y=1&z=2"},
      {field::mileage, "12 km"},
      {field::email_addresses, "EmailAddress1=ann@a.example\nEmailAddress3=ann@home.example"},
      {field::physical_addresses, "Business.Street=1 Main St\\nFloor 2\nBusiness.City=Town\nBusiness.State=ZH\n"
                                  "Business.CountryOrRegion=Land\nBusiness.PostalCode=123\nOther.City=Elsewhere"},
      {field::phone_numbers,
       "AssistantPhone=1\nBusinessFax=2\nBusinessPhone=3\nBusinessPhone2=4\nCallback=5\nCarPhone=6\n"
       "CompanyMainPhone=7\nHomeFax=8\nHomePhone=9\nHomePhone2=10\nIsdn=11\nMobilePhone=12\n"
       "OtherFax=13\nOtherTelephone=14\nPager=15\nPrimaryPhone=16\nRadioPhone=17\nTelex=18\n"
       "TtyTddPhone=19"},
      {field::phone_numbers, "MobilePhone=+41 44 000 00 00"},
      {field::im_addresses, "ImAddress1=ann\nImAddress2=ann2"},
      {field::postal_address_index, "Home"},
      {field::phonetic_names, "first=an\nlast=smis\ncompany=ei"},
  };
  return all;
}

inline const std::vector<field_value>& task_values() {
  static const std::vector<field_value> all{
      {field::subject, "Buy shoes"},
      {field::body, "Text\nbrown ones"},
      {field::categories, "red"},
      {field::importance, "Low"},
      {field::sensitivity, "Private"},
      {field::reminder, "at=2026-11-25T08:00:00Z"},
      {field::task_dates, "StartDate=2026-11-25\nDueDate=2026-11-27"},
      {field::task_dates, "DueDate=2026-11-27"},
      {field::progress, "Status=InProgress\nPercentComplete=50"},
      {field::progress, "Status=WaitingOnOthers"},
      {field::progress, "Status=Deferred\nPercentComplete=10"},
      {field::total_work, "480"},
      {field::actual_work, "60"},
      {field::billing_information, "to nobody"},
      {field::companies, "One\nTwo"},
      {field::task_contacts, "Ann\nBob"},
      {field::mileage, "12 km"},
      {field::recurrence, "Daily\nInterval=2\nRange=NoEnd\nStartDate=2026-11-25"},
      {field::recurrence, "Weekly\nInterval=1\nDaysOfWeek=Monday Friday\nRange=Numbered\nStartDate=2026-11-25\n"
                          "NumberOfOccurrences=10"},
      {field::recurrence, "AbsoluteMonthly\nInterval=3\nDayOfMonth=31\nRange=EndDate\nStartDate=2026-11-25\n"
                          "EndDate=2027-11-25"},
      {field::recurrence, "RelativeMonthly\nInterval=1\nDaysOfWeek=Weekday\nDayOfWeekIndex=Last\nRange=NoEnd\n"
                          "StartDate=2026-11-25"},
      {field::recurrence, "AbsoluteYearly\nDayOfMonth=29\nMonth=February\nRange=NoEnd\nStartDate=2026-11-25"},
      {field::recurrence, "RelativeYearly\nDaysOfWeek=Sunday\nDayOfWeekIndex=First\nMonth=May\nRange=NoEnd\n"
                          "StartDate=2026-11-25"},
      {field::recurrence, "DailyRegeneration\nInterval=5\nRange=NoEnd\nStartDate=2026-11-25"},
      {field::recurrence, "WeeklyRegeneration\nInterval=1\nRange=NoEnd\nStartDate=2026-11-25"},
      {field::recurrence, "MonthlyRegeneration\nInterval=1\nRange=NoEnd\nStartDate=2026-11-25"},
      {field::recurrence, "YearlyRegeneration\nInterval=1\nRange=NoEnd\nStartDate=2026-11-25"},
  };
  return all;
}

} // namespace exsyncd::test
